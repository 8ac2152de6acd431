import type { Contract } from "../contract.ts";
import { JSON_DELIVERY } from "../delivery-headers.ts";
import { retryPolicy } from "../retry.ts";
import { only, readSignature, wholeSecret } from "../signing-scheme.ts";
import { errorSchema, renderError } from "./errors.ts";
import { miposCatalogue } from "./events.ts";
import { limits, routes } from "./routes.ts";

const SIGNATURE = "signature-webhook";

/** MiPOS carries orders of many delivery platforms to points of sale: the published "Webhook Content". */
export const mipos: Contract = {
  name: "mipos",
  title: "MiPOS",
  keyPrefix: "mipos_live_",
  scopes: ["orders:read", "orders:write", "webhooks:read", "webhooks:write"],
  issuesClientCredentials: true,
  ...miposCatalogue,
  signing: {
    ...wholeSecret({ prefix: "" }),
    timestampUnit: null,
    encodings: ["hex", "base64"],
    overlap: false,
    prefix: () => "",
    headers: (_stamp, signatures) => ({ [SIGNATURE]: only(signatures) }),
    read: (header) => {
      const signature = header(SIGNATURE);
      return signature === null || signature === "" ? null : readSignature(null, [signature]);
    },
  },
  // The document is silent. An order can be accepted for 10 minutes: these all fall inside.
  retry: retryPolicy(["15s", "30s", "1m", "2m", "4m"]),
  limits,
  deliveryHeaders: JSON_DELIVERY,
  renderError,
  errorSchema,
  routes,
};
