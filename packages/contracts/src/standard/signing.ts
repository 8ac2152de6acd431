import type { SigningScheme } from "../contract.ts";
import { encodedSecret, isTimestamp, readSignature } from "../signing-scheme.ts";

const VERSION = "v1,";

// Visible ASCII without a dot: the dot ends the id in the signed bytes.
const EVENT_ID = /^[!-\-/-~]{1,256}$/;

/** Standard Webhooks 1.0, "Signature scheme": `{id}.{ts}.{body}`, base64, both secrets during an overlap. */
export const standardSigning: SigningScheme = {
  ...encodedSecret("whsec_"),
  timestampUnit: "s",
  encodings: ["base64"],
  overlap: true,
  prefix: ({ eventId, timestamp }) => `${eventId}.${timestamp}.`,
  headers: ({ eventId, timestamp }, signatures) => ({
    "webhook-id": eventId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.map((signature) => VERSION + signature).join(" "),
  }),
  read: (header) => {
    const eventId = header("webhook-id");
    const timestamp = header("webhook-timestamp");
    const signed = header("webhook-signature");
    if (eventId === null || timestamp === null || signed === null) return null;
    if (!EVENT_ID.test(eventId) || !isTimestamp(timestamp)) return null;
    // Other versions are for other receivers.
    const known = signed.split(" ").filter((part) => part.startsWith(VERSION));
    const signatures = known.map((part) => part.slice(VERSION.length));
    return signatures.length === 0 ? null : readSignature(timestamp, signatures, eventId);
  },
};
