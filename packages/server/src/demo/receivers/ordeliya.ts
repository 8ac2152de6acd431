import { createHmac, timingSafeEqual } from "node:crypto";
import type { Integration } from "./integration.ts";

const MAX_TIMESTAMP_AGE_SECONDS = 300;

/** `X-Webhook-Signature` is the hex HMAC of `{timestamp}.{body}`; `X-Webhook-Timestamp` counts seconds. */
export const ordeliya: Integration = {
  contract: "ordeliya",

  verify({ headers, body }, secret, now) {
    const signature = headers["x-webhook-signature"];
    const timestamp = headers["x-webhook-timestamp"];
    if (typeof signature !== "string" || typeof timestamp !== "string") return "signature headers missing";
    if (!/^\d{1,12}$/.test(timestamp)) return "timestamp malformed";
    if (Math.abs(now / 1000 - Number(timestamp)) > MAX_TIMESTAMP_AGE_SECONDS) {
      return "timestamp outside five minutes";
    }
    if (!/^[0-9a-f]{64}$/.test(signature)) return "signature malformed";
    const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
    return timingSafeEqual(Buffer.from(signature, "hex"), expected) ? null : "signature mismatch";
  },

  read({ headers, body }) {
    const payload = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    if (typeof payload.id !== "string" || typeof payload.type !== "string") {
      throw new Error("not an Ordeliya event");
    }
    // The header's id is not signed; the body's is. They must agree.
    if (headers["x-webhook-id"] !== payload.id) throw new Error("X-Webhook-Id is not the event's id");
    return { type: payload.type, dedupeKey: payload.id, payload };
  },
};
