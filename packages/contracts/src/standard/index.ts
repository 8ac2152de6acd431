import type { Contract } from "../contract.ts";
import { JSON_DELIVERY } from "../delivery-headers.ts";
import { retryPolicy } from "../retry.ts";
import { errorSchema, renderError } from "./errors.ts";
import { standardCatalogue } from "./events.ts";
import { standardSigning } from "./signing.ts";

/** Our own: Standard Webhooks headers over a plain envelope. */
export const standard: Contract = {
  name: "standard",
  title: "Standard Webhooks",
  keyPrefix: "tr_live_",
  scopes: ["orders:read", "orders:write", "webhooks:read", "webhooks:write", "events:write", "stores:read"],
  issuesClientCredentials: false,
  ...standardCatalogue,
  signing: standardSigning,
  // Standard Webhooks 1.0, "Retry schedule"; 410 says that nobody is there any more.
  retry: retryPolicy(["5s", "5m", "30m", "2h", "5h", "10h", "10h"], (status) =>
    status === 410 ? "disable" : "retry",
  ),
  limits: { pageDefault: 20, pageMax: 100, clampPage: false, anyMediaType: false },
  deliveryHeaders: JSON_DELIVERY,
  renderError,
  errorSchema,
  // The native API is the hub's own.
  routes: [],
};
