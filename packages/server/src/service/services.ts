import type { ServiceContext } from "./context.ts";
import { Deliveries } from "./deliveries.ts";
import { Endpoints } from "./endpoints.ts";
import { Events } from "./events.ts";
import { Keys } from "./keys.ts";
import { ContractOperations } from "./operations.ts";
import { Orders } from "./orders.ts";
import { Replays } from "./replays.ts";
import { Stores } from "./stores.ts";

/** Every use case; the native API and the contracts' own both go through these. */
export interface Services {
  readonly stores: Stores;
  readonly keys: Keys;
  readonly endpoints: Endpoints;
  readonly orders: Orders;
  readonly events: Events;
  readonly deliveries: Deliveries;
  readonly replays: Replays;
  readonly operations: ContractOperations;
}

export function createServices(context: ServiceContext): Services {
  const stores = new Stores(context);
  const keys = new Keys(context, stores);
  const endpoints = new Endpoints(context, stores);
  const orders = new Orders(context, stores);
  return {
    stores,
    keys,
    endpoints,
    orders,
    events: new Events(context, stores),
    deliveries: new Deliveries(context),
    replays: new Replays(context, endpoints),
    operations: new ContractOperations({ context, stores, keys, endpoints, orders }),
  };
}
