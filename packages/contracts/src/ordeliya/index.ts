import type { Contract } from "../contract.ts";
import { retryPolicy } from "../retry.ts";
import { only, signatureAndTimestamp, timestampDot, wholeSecret } from "../signing-scheme.ts";
import { errorSchema, renderError } from "./errors.ts";
import { ordeliyaCatalogue } from "./events.ts";
import { limits, routes, SECRET_MIN_LENGTH } from "./routes.ts";

/** Ordeliya, online ordering: the published "Webhooks". */
export const ordeliya: Contract = {
  name: "ordeliya",
  title: "Ordeliya",
  keyPrefix: "ord_live_sk_",
  scopes: ["webhooks:read", "webhooks:write"],
  issuesClientCredentials: false,
  ...ordeliyaCatalogue,
  signing: {
    ...wholeSecret({ prefix: "whsec_", minLength: SECRET_MIN_LENGTH }),
    timestampUnit: "s",
    encodings: ["hex"],
    overlap: false,
    prefix: timestampDot,
    headers: (stamp, signatures) => ({
      "x-webhook-signature": only(signatures),
      "x-webhook-timestamp": stamp.timestamp,
      "x-webhook-id": stamp.eventId,
    }),
    read: signatureAndTimestamp("x-webhook-signature", "x-webhook-timestamp"),
  },
  // "Retry Policy".
  retry: retryPolicy(["30s", "5m", "30m", "2h", "6h"]),
  limits,
  deliveryHeaders: { "content-type": "application/json", "user-agent": "Ordeliya-Webhooks/1.0" },
  renderError,
  errorSchema,
  routes,
};
