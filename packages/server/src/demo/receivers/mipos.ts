import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Integration } from "./integration.ts";

/** `Signature-Webhook` is the SHA-256 HMAC of the complete body. MiPOS signs no time. */
export const mipos: Integration = {
  contract: "mipos",

  verify({ headers, body }, secret) {
    const signature = headers["signature-webhook"];
    if (typeof signature !== "string") return "Signature-Webhook missing";
    if (!/^[0-9a-f]{64}$/.test(signature)) return "signature malformed";
    const expected = createHmac("sha256", secret).update(body).digest();
    return timingSafeEqual(Buffer.from(signature, "hex"), expected) ? null : "signature mismatch";
  },

  read({ body }) {
    const payload = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    if (typeof payload.external_id !== "string" || !Array.isArray(payload.items)) {
      throw new Error("not a MiPOS order");
    }
    // The body has no event id: the digest of its bytes stands for one.
    const dedupeKey = createHash("sha256").update(body).digest("hex");
    return { type: "ORDER", dedupeKey, payload };
  },
};
