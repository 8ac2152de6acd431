import type { Services } from "../../service/services.ts";
import type { Api } from "../errors.ts";
import type { Mount } from "../exchange.ts";
import type { Validation } from "../validation.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { endpointRoutes } from "./endpoints.ts";
import { EventData } from "./event-data.ts";
import { eventRoutes } from "./events.ts";
import { keyRoutes } from "./keys.ts";
import { orderRoutes } from "./orders.ts";
import { replayRoutes } from "./replays.ts";
import type { NativeRoute } from "./route.ts";
import { storeRoutes } from "./stores.ts";
import { NOTHING_ASKED } from "./words.ts";

/** Every call of the native API, in the order of the reference. */
export const nativeRoutes = (validation: Validation): readonly NativeRoute[] => [
  ...storeRoutes,
  ...keyRoutes,
  ...endpointRoutes,
  ...orderRoutes,
  ...eventRoutes(new EventData(validation)),
  ...deliveryRoutes,
  ...replayRoutes,
];

export const nativeMounts = (
  api: Api,
  routes: readonly NativeRoute[],
  services: Services,
  validation: Validation,
): readonly Mount[] => {
  const nothing = validation.compile(NOTHING_ASKED);
  return routes.map((route) => ({
    api,
    method: route.method,
    url: route.path,
    needs: route.needs,
    validateBody: route.body ? validation.compile(route.body) : null,
    validateQuery: route.query ? validation.compile(route.query) : nothing,
    run: (exchange) => route.run(exchange, services),
  }));
};
