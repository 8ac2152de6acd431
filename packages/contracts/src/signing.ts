/** Signing and verifying with WebCrypto, wherever there is one: Node, Deno, Bun, workers. */
import type { Contract, SignatureEncoding, SigningScheme, Stamp } from "./contract.ts";
import { encodeSignature, equalText, utf8 } from "./encoding.ts";

export interface SignInput {
  /** The newest first; more than one signs only where the contract has an overlap. */
  readonly secrets: readonly string[];
  readonly stamp: Stamp;
  readonly body: Uint8Array | string;
  /** The contract's first unless told. */
  readonly encoding?: SignatureEncoding;
}

/**
 * The headers that sign one request, lower-case names. RangeError where there is no secret, a secret cannot be a
 * key, or the contract does not know the encoding.
 */
export async function sign(contract: Contract, input: SignInput): Promise<Record<string, string>> {
  const { signing } = contract;
  const { stamp } = input;
  const encoding = input.encoding ?? defaultEncoding(signing);
  if (!signing.encodings.includes(encoding))
    throw new RangeError(`${contract.name} does not sign in ${encoding}`);
  if (input.secrets.length === 0) throw new RangeError("no secret to sign with");
  const secrets = signing.overlap ? input.secrets : input.secrets.slice(0, 1);
  const content = signedBytes(signing.prefix(stamp), input.body);
  const signatures = secrets.map(async (secret) =>
    encodeSignature(await hmac(signing.key(secret), content), encoding),
  );
  return signing.headers(stamp, await Promise.all(signatures));
}

/** Any bag of headers: a `Headers`, or a record in any case whose values may be lists. */
export type HeaderBag = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyInput {
  readonly headers: HeaderBag;
  /** The bytes as received, before any parser has seen them. */
  readonly body: Uint8Array;
  /** Any one of them may have signed. */
  readonly secrets: string | readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** How far the stamp may lie from `now`, either way. */
  readonly toleranceMs?: number;
  /** The contract's first unless told. */
  readonly encoding?: SignatureEncoding;
}

export type VerifyFailure =
  | "missing_header"
  | "malformed_header"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "signature_mismatch"
  | "unusable_secret"
  | "unsupported_encoding"
  | "body_not_bytes";

export type Verification =
  | {
      readonly ok: true;
      /** When the attempt was stamped, epoch ms; null where the contract signs no time. */
      readonly timestampMs: number | null;
      /** The signed id, where the contract signs one. */
      readonly eventId: string | null;
      /** Which of the secrets signed. */
      readonly secretIndex: number;
    }
  | { readonly ok: false; readonly reason: VerifyFailure };

const TOLERANCE_MS = 300_000;

/** Whether one of the secrets signed these bytes, recently. Never throws, whatever the request holds. */
export async function verify(contract: Contract, input: VerifyInput): Promise<Verification> {
  const { signing } = contract;
  const encoding = input.encoding ?? defaultEncoding(signing);
  if (!signing.encodings.includes(encoding)) return refused("unsupported_encoding");
  if (!(input.body instanceof Uint8Array)) return refused("body_not_bytes");
  const header = headerLookup(input.headers);
  const read = signing.read(header.get);
  if (read === null) return refused(header.missed() ? "missing_header" : "malformed_header");

  const timestampMs =
    read.timestamp === null ? null : Number(read.timestamp) * (signing.timestampUnit === "s" ? 1_000 : 1);
  if (timestampMs !== null) {
    const ageMs = input.now - timestampMs;
    const toleranceMs = input.toleranceMs ?? TOLERANCE_MS;
    // Written so that NaN, from a clock or a tolerance, refuses.
    if (!(ageMs <= toleranceMs)) return refused("timestamp_too_old");
    if (!(ageMs >= -toleranceMs)) return refused("timestamp_too_new");
  }

  const content = signedBytes(
    signing.prefix({ eventId: read.eventId, timestamp: read.timestamp ?? "" }),
    input.body,
  );
  const keys = usableKeys(signing, input.secrets);
  if (keys.length === 0) return refused("unusable_secret");
  for (const { key, index } of keys) {
    const expected = encodeSignature(await hmac(key, content), encoding);
    // Texts, not bytes, are compared: an upper-case digit, junk behind the hex or loose base64 is another text.
    if (read.signatures.some((signature) => equalText(signature, expected)))
      return { ok: true, timestampMs, eventId: read.eventId || null, secretIndex: index };
  }
  return refused("signature_mismatch");
}

const refused = (reason: VerifyFailure): Verification => ({ ok: false, reason });

function defaultEncoding(signing: SigningScheme): SignatureEncoding {
  return signing.encodings[0] ?? "hex";
}

function usableKeys(signing: SigningScheme, secrets: string | readonly string[]) {
  const given: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  return given.flatMap((secret, index) => {
    const key = typeof secret === "string" ? keyOrNull(signing, secret) : null;
    return key === null ? [] : [{ key, index }];
  });
}

function keyOrNull(signing: SigningScheme, secret: string): Uint8Array | null {
  try {
    return signing.key(secret);
  } catch {
    return null;
  }
}

/** Looks up one header in whatever bag, and remembers whether one was asked for that is not there. */
function headerLookup(headers: unknown): { get(name: string): string | null; missed(): boolean } {
  let missed = false;
  return {
    get: (name) => {
      const value = headerValue(headers, name);
      if (value === null) missed = true;
      // An empty or repeated header is there, and nobody's signature.
      return typeof value === "string" ? value : value === null ? null : "";
    },
    missed: () => missed,
  };
}

/** The header's text; undefined where it is there but no single text; null where it is not there. */
function headerValue(headers: unknown, name: string): string | undefined | null {
  try {
    if (typeof headers !== "object" || headers === null) return null;
    if ("get" in headers && typeof headers.get === "function") return single(headers.get(name));
    const values = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
    return values.length > 1 ? undefined : single(values[0]?.[1]);
  } catch {
    // A proxy or a getter may throw.
    return undefined;
  }
}

function single(value: unknown): string | undefined | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  if (value.length === 0) return null;
  return value.length === 1 && typeof value[0] === "string" ? value[0] : undefined;
}

function signedBytes(prefix: string, body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const head = utf8(prefix);
  const tail = typeof body === "string" ? utf8(body) : body;
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

async function hmac(key: Uint8Array, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, content));
}
