import type { AttemptError } from "../domain/delivery.ts";

export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** What a status says by itself: null is success. */
export function classifyStatus(statusCode: number): AttemptError | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  return statusCode >= 300 && statusCode < 400 ? "redirect" : "http_status";
}

const BY_CODE: Readonly<Record<string, AttemptError>> = {
  ADDRESS_REFUSED: "address_refused",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  ETIMEDOUT: "timeout",
  ECONNREFUSED: "connection_refused",
  EHOSTUNREACH: "connection_refused",
  EHOSTDOWN: "connection_refused",
  ENETUNREACH: "connection_refused",
  EADDRNOTAVAIL: "connection_refused",
  ECONNRESET: "connection_reset",
  ECONNABORTED: "connection_reset",
  EPIPE: "connection_reset",
  ENOTFOUND: "dns_failed",
  ENODATA: "dns_failed",
  EAI_AGAIN: "dns_failed",
  EPROTO: "tls_failed",
};

/** OpenSSL's verification results and Node's own TLS errors; there are dozens, all of this form. */
const TLS_CODE =
  /SSL|TLS|CERT|CRL|ISSUER|LEAF_SIGNATURE|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE|HOSTNAME_MISMATCH/;

/** Why there was no usable response. */
export function classifyError(error: Error): AttemptError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  // undici uses one code for a peer that went away and for one that speaks out of turn.
  if (code === "UND_ERR_SOCKET") return /closed/.test(error.message) ? "connection_reset" : "protocol_error";
  if (code.startsWith("UND_ERR_") || code.startsWith("HPE_")) return "protocol_error";
  if (code.startsWith("EAI_")) return "dns_failed";
  return TLS_CODE.test(code) ? "tls_failed" : "protocol_error";
}

/** RFC 9110, section 10.2.3: seconds, or a date. Null where it says nothing, or a time that has passed. */
export function parseRetryAfter(text: string, nowMs: number): number | null {
  const value = text.trim();
  const delayMs = /^\d+$/.test(value) ? Number(value) * 1_000 : httpDateMs(value) - nowMs;
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : null;
}

/** `Date.parse` takes much else: every form of an HTTP date begins with the day's name. */
const httpDateMs = (text: string): number =>
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN;

/** The first value of a header in undici's flat list of names and values; null where there is none. */
export function rawHeader(headers: readonly Uint8Array[], lowerName: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (
      name?.length === lowerName.length &&
      Buffer.from(name).toString("latin1").toLowerCase() === lowerName
    ) {
      return Buffer.from(headers[i + 1] ?? []).toString("latin1");
    }
  }
  return null;
}
