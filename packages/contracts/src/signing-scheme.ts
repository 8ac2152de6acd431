/** What the contracts' signing schemes are put together from: docs/conformance.md, "Signing". */
import type { ReadSignature, SigningScheme } from "./contract.ts";
import { base64, fromBase64, hex, utf8 } from "./encoding.ts";

type SecretRules = Pick<SigningScheme, "key" | "checkSecret" | "newSecret">;

export const SECRET_MAX_LENGTH = 256;

/** The key is the UTF-8 bytes of the whole secret, its prefix included. */
export function wholeSecret({
  prefix,
  minLength = 1,
}: {
  readonly prefix: string;
  readonly minLength?: number;
}): SecretRules {
  const checkSecret = (secret: string): string | null => {
    if (secret.length < minLength) return `must have at least ${characters(minLength)}`;
    if (secret.length > SECRET_MAX_LENGTH) return `must have at most ${characters(SECRET_MAX_LENGTH)}`;
    return null;
  };
  return {
    checkSecret,
    key: (secret) => {
      // A secret set under other rules still signs; an empty one would sign for everybody.
      if (secret === "") throw new RangeError("the secret must not be empty");
      return utf8(secret);
    },
    newSecret: (random) => prefix + hex(random),
  };
}

const characters = (count: number): string => (count === 1 ? "1 character" : `${count} characters`);

const ENCODED_MIN_BYTES = 24;
const ENCODED_MAX_BYTES = 64;

/** The key is base64 behind the prefix, of 24 to 64 bytes (Standard Webhooks, "Signature scheme"). */
export function encodedSecret(prefix: string): SecretRules {
  const read = (secret: string): Uint8Array | string => {
    if (!secret.startsWith(prefix)) return `must begin with ${prefix}`;
    const key = fromBase64(secret.slice(prefix.length));
    if (key === null) return `must be base64 after ${prefix}`;
    if (key.length < ENCODED_MIN_BYTES || key.length > ENCODED_MAX_BYTES)
      return `must be base64 of ${ENCODED_MIN_BYTES} to ${ENCODED_MAX_BYTES} bytes after ${prefix}`;
    return key;
  };
  return {
    checkSecret: (secret) => {
      const key = read(secret);
      return typeof key === "string" ? key : null;
    },
    key: (secret) => {
      const key = read(secret);
      if (typeof key === "string") throw new RangeError(`the secret ${key}`);
      return key;
    },
    newSecret: (random) => prefix + base64(random.subarray(0, ENCODED_MAX_BYTES)),
  };
}

/** `{ts}.` before the body. */
export const timestampDot = ({ timestamp }: { readonly timestamp: string }): string => `${timestamp}.`;

// 15 digits hold every time of both units, and any number of them is exact as a double.
const TIMESTAMP = /^(?:0|[1-9][0-9]{0,14})$/;

/** Digits and nothing else: a sign, a point, white space or "NaN" is no timestamp. */
export const isTimestamp = (value: string): boolean => TIMESTAMP.test(value);

/** Reads a signature and a timestamp from a header each. */
export function signatureAndTimestamp(
  signatureHeader: string,
  timestampHeader: string,
): SigningScheme["read"] {
  return (header) => {
    const timestamp = header(timestampHeader);
    const signature = header(signatureHeader);
    if (timestamp === null || signature === null || !isTimestamp(timestamp)) return null;
    return readSignature(timestamp, [signature]);
  };
}

export const readSignature = (
  timestamp: string | null,
  signatures: readonly string[],
  eventId = "",
): ReadSignature => ({ timestamp, eventId, signatures });

/** The signature of a contract that never sends two. */
export const only = (signatures: readonly string[]): string => signatures[0] ?? "";
