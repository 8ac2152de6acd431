import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Integration } from "./integration.ts";

const FIVE_MINUTES_MS = 5 * 60 * 1000;

/** `X-Sela-Signature` is the hex HMAC of `{timestamp}.{body}`; `X-Sela-Timestamp` counts milliseconds. */
export const sela: Integration = {
  contract: "sela",

  verify({ headers, body }, secret, now) {
    const signature = headers["x-sela-signature"];
    const timestamp = headers["x-sela-timestamp"];
    if (typeof signature !== "string" || typeof timestamp !== "string") return "signature headers missing";
    // Digits only: Number("") is 0 and Number("x") is NaN, and neither is a time.
    if (!/^\d{1,15}$/.test(timestamp)) return "timestamp malformed";
    if (Math.abs(now - Number(timestamp)) > FIVE_MINUTES_MS) return "timestamp outside five minutes";
    // All of it must be hex: Buffer.from stops silently at the first letter that is not.
    if (!/^[0-9a-f]{64}$/.test(signature)) return "signature malformed";
    const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
    return timingSafeEqual(Buffer.from(signature, "hex"), expected) ? null : "signature mismatch";
  },

  read({ body }) {
    const payload = JSON.parse(body.toString("utf8")) as { event?: unknown; data?: unknown };
    if (typeof payload.event !== "string" || typeof payload.data !== "object")
      throw new Error("not a Sela event");
    // X-Sela-Delivery is not signed, so a digest of the signed body decides what is a duplicate.
    const dedupeKey = createHash("sha256").update(body).digest("hex");
    return { type: payload.event, dedupeKey, payload: payload as Record<string, unknown> };
  },
};
