import { createHmac, timingSafeEqual } from "node:crypto";
import type { Integration } from "./integration.ts";

const FIVE_MINUTES_MS = 300_000;

/** `X-Olympus-Signature: t={seconds},v1={hex}`, the HMAC of `{t}.{body}`. */
export const olympus: Integration = {
  contract: "olympus",

  verify({ headers, body }, secret, now) {
    const header = headers["x-olympus-signature"];
    if (typeof header !== "string") return "X-Olympus-Signature missing";
    const parts = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
    const [, timestamp, signature] = parts ?? [];
    if (timestamp === undefined || signature === undefined) return "signature malformed";
    // Both ways: a stamp from the future is as wrong as an old one.
    if (Math.abs(now - Number(timestamp) * 1000) > FIVE_MINUTES_MS) return "timestamp outside five minutes";
    const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest();
    return timingSafeEqual(Buffer.from(signature, "hex"), expected) ? null : "signature mismatch";
  },

  read({ body }) {
    const payload = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    if (typeof payload.id !== "string" || typeof payload.type !== "string") {
      throw new Error("not an Olympus event");
    }
    return { type: payload.type, dedupeKey: payload.id, payload };
  },
};
