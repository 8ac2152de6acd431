import type { SigningScheme } from "../contract.ts";
import { isTimestamp, only, readSignature, timestampDot, wholeSecret } from "../signing-scheme.ts";

const HEADER = "x-olympus-signature";

/** `t={ts},v1={hex}`, in exactly this order and without a space: its verifiers read positions 0 and 1. */
export const olympusSigning: SigningScheme = {
  ...wholeSecret({ prefix: "whsec_" }),
  timestampUnit: "s",
  encodings: ["hex"],
  overlap: false,
  prefix: timestampDot,
  headers: ({ timestamp }, signatures) => ({ [HEADER]: `t=${timestamp},v1=${only(signatures)}` }),
  read: (header) => {
    const [time, signature, more] = (header(HEADER) ?? "").split(",", 3);
    if (!time?.startsWith("t=") || !signature?.startsWith("v1=") || more !== undefined) return null;
    const timestamp = time.slice("t=".length);
    return isTimestamp(timestamp) ? readSignature(timestamp, [signature.slice("v1=".length)]) : null;
  },
};
