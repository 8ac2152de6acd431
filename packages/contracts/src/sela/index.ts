import type { Contract } from "../contract.ts";
import { JSON_DELIVERY } from "../delivery-headers.ts";
import { retryPolicy } from "../retry.ts";
import { only, signatureAndTimestamp, timestampDot, wholeSecret } from "../signing-scheme.ts";
import { errorSchema, renderError } from "./errors.ts";
import { selaCatalogue } from "./events.ts";
import { limits, routes } from "./routes.ts";

/** Sela builds orders out of conversations: the published "Restaurant Order Integration". */
export const sela: Contract = {
  name: "sela",
  title: "Sela",
  keyPrefix: "sk_live_",
  scopes: ["orders:read", "orders:write"],
  issuesClientCredentials: false,
  ...selaCatalogue,
  signing: {
    ...wholeSecret({ prefix: "whsec_" }),
    timestampUnit: "ms",
    encodings: ["hex"],
    overlap: false,
    prefix: timestampDot,
    headers: (stamp, signatures) => ({
      "x-sela-signature": only(signatures),
      "x-sela-timestamp": stamp.timestamp,
      "x-sela-delivery": stamp.deliveryId,
      "x-sela-event": stamp.eventType,
      "x-sela-signature-version": "v1",
    }),
    read: signatureAndTimestamp("x-sela-signature", "x-sela-timestamp"),
  },
  // "Up to 5 times with exponential backoff": four times longer each time.
  retry: retryPolicy(["30s", "2m", "8m", "32m", "2h"]),
  limits,
  deliveryHeaders: JSON_DELIVERY,
  renderError,
  errorSchema,
  routes,
};
