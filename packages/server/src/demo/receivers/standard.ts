import { createHmac, timingSafeEqual } from "node:crypto";
import type { Integration } from "./integration.ts";

const TOLERANCE_SECONDS = 300;

/** Standard Webhooks: `webhook-signature` lists `v1,{base64}` of `{id}.{timestamp}.{body}`, parted by spaces. */
export const standard: Integration = {
  contract: "standard",

  verify({ headers, body }, secret, now) {
    const id = headers["webhook-id"];
    const timestamp = headers["webhook-timestamp"];
    const signatures = headers["webhook-signature"];
    if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string") {
      return "webhook headers missing";
    }
    if (!/^\d{1,12}$/.test(timestamp)) return "timestamp malformed";
    if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return "timestamp outside five minutes";
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
    // As text, whole: a base64 decoder passes over junk at the end.
    const wanted = Buffer.from(`v1,${expected.toString("base64")}`);
    for (const entry of signatures.split(" ")) {
      const signature = Buffer.from(entry);
      if (signature.length === wanted.length && timingSafeEqual(signature, wanted)) return null;
    }
    return "signature mismatch";
  },

  read({ headers, body }) {
    const payload = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    const id = headers["webhook-id"];
    if (typeof id !== "string" || typeof payload.type !== "string") throw new Error("not a standard event");
    return { type: payload.type, dedupeKey: id, payload };
  },
};
