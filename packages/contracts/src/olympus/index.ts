import type { Contract } from "../contract.ts";
import { JSON_DELIVERY } from "../delivery-headers.ts";
import { retryPolicy } from "../retry.ts";
import { errorSchema, renderError } from "./errors.ts";
import { olympusCatalogue } from "./events.ts";
import { limits, routes } from "./routes.ts";
import { olympusSigning } from "./signing.ts";

/** Olympus Cloud, a restaurant platform: the published "Webhooks". */
export const olympus: Contract = {
  name: "olympus",
  title: "Olympus Cloud",
  keyPrefix: "oly_live_",
  scopes: ["webhooks:read", "webhooks:write"],
  issuesClientCredentials: false,
  ...olympusCatalogue,
  signing: olympusSigning,
  // "Retry Policy" and "Response Codes": of the 4xx only 429 is tried again.
  retry: retryPolicy(["1m", "5m", "30m", "2h", "8h", "24h"], (status) =>
    status === 429 || status >= 500 ? "retry" : "fail",
  ),
  limits,
  deliveryHeaders: JSON_DELIVERY,
  renderError,
  errorSchema,
  routes,
};
