import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { Vault } from "../engine/vault.ts";

export const SECRET_KEY_BYTES = 32;
const VERSION = "v1.";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HMAC_BYTES = 32;
/** RFC 5869, section 2.3. */
const MAX_DERIVED_BYTES = 255 * HMAC_BYTES;

/** A sealed text was altered, belongs to another owner, or was sealed under another key. */
export class SealedTextError extends Error {
  constructor() {
    super(
      "A stored secret does not open: TICKETRAIL_SECRET_KEY differs from the one it was stored with, or the data was altered.",
    );
    this.name = "SealedTextError";
  }
}

/** AES-256-GCM and HMAC-SHA256, with a key of its own for each purpose derived from the one secret key. */
export function createVault(secretKey: Uint8Array): Vault {
  if (secretKey.byteLength !== SECRET_KEY_BYTES)
    throw new Error(`The secret key must have ${SECRET_KEY_BYTES} bytes.`);
  const keyFor = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync("sha256", secretKey, "", `ticketrail/${purpose}/v1`, HMAC_BYTES)));
  const sealKey = keyFor("seal");
  const hashKey = keyFor("hash");
  const deriveKey = keyFor("derive");

  return {
    seal(plain, ownerId) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", sealKey, iv).setAAD(Buffer.from(ownerId));
      const text = Buffer.concat([iv, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return VERSION + text.toString("base64url");
    },
    open(sealed, ownerId) {
      const text = Buffer.from(sealed.slice(VERSION.length), "base64url");
      if (!sealed.startsWith(VERSION) || text.length < IV_BYTES + TAG_BYTES) throw new SealedTextError();
      const decipher = createDecipheriv("aes-256-gcm", sealKey, text.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(ownerId))
        .setAuthTag(text.subarray(-TAG_BYTES));
      try {
        return (
          decipher.update(text.subarray(IV_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
        );
      } catch {
        throw new SealedTextError();
      }
    },
    hash: (text) => createHmac("sha256", hashKey).update(text).digest("hex"),
    derive: (seed, size) => expand(deriveKey, seed, size),
  };
}

/** RFC 5869, section 2.3: HKDF-Expand. */
function expand(key: KeyObject, info: string, size: number): Uint8Array {
  if (size > MAX_DERIVED_BYTES)
    throw new RangeError(`At most ${MAX_DERIVED_BYTES} bytes can be derived from one seed.`);
  const out = Buffer.alloc(size);
  let block = Buffer.alloc(0);
  for (let filled = 0, counter = 1; filled < size; filled += HMAC_BYTES, counter++) {
    block = createHmac("sha256", key).update(block).update(info).update(Uint8Array.of(counter)).digest();
    block.copy(out, filled);
  }
  return out;
}

/** Compares what a caller presented with what is known, in a time that tells nothing about either. Never throws. */
export function sameSecret(presented: string, known: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(presented), digest(known));
}
