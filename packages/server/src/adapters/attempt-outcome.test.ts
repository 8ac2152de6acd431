import { describe, expect, it } from "vitest";
import { classifyError, parseRetryAfter, rawHeader } from "./attempt-outcome.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const error = (code: string, message = "x") => Object.assign(new Error(message), { code });

describe("Retry-After", () => {
  it.each([
    ["0", null],
    ["30", 30_000],
    [" 30 ", 30_000],
    ["86401", 86_400_000],
    ["99999999999999999999", 86_400_000],
    ["-5", null],
    ["1.5", null],
    ["", null],
    ["tomorrow", null],
    ["2026-03-01T13:00:00Z", null],
    ["Sun, 01 Mar 2026 12:01:00 GMT", 60_000],
    ["Sunday, 01-Mar-26 12:01:00 GMT", 60_000],
    ["Sun Mar  1 12:01:00 2026 GMT", 60_000],
    ["Sun, 01 Mar 2026 11:59:00 GMT", null],
    ["Mon, 01 Mar 2027 12:00:00 GMT", 86_400_000],
  ])("of %j is %s", (text, expected) => {
    expect(parseRetryAfter(text, NOW)).toBe(expected);
  });
});

describe("a failure", () => {
  it.each([
    ["ECONNREFUSED", "connection_refused"],
    ["EHOSTUNREACH", "connection_refused"],
    ["ECONNRESET", "connection_reset"],
    ["EPIPE", "connection_reset"],
    ["ETIMEDOUT", "timeout"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["ENOTFOUND", "dns_failed"],
    ["EAI_AGAIN", "dns_failed"],
    ["EAI_NODATA", "dns_failed"],
    ["ADDRESS_REFUSED", "address_refused"],
    ["CERT_HAS_EXPIRED", "tls_failed"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls_failed"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls_failed"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls_failed"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "tls_failed"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls_failed"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls_failed"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tls_failed"],
    ["EPROTO", "tls_failed"],
    ["HPE_INVALID_CONSTANT", "protocol_error"],
    ["UND_ERR_HEADERS_OVERFLOW", "protocol_error"],
    ["UND_ERR_INVALID_ARG", "protocol_error"],
    ["SOMETHING_NEW", "protocol_error"],
  ])("with code %s is %s", (code, expected) => {
    expect(classifyError(error(code))).toBe(expected);
  });

  it("of undici's socket is a reset where the peer went away, and a protocol error where it spoke out of turn", () => {
    expect(classifyError(error("UND_ERR_SOCKET", "other side closed"))).toBe("connection_reset");
    expect(classifyError(error("UND_ERR_SOCKET", "closed"))).toBe("connection_reset");
    expect(classifyError(error("UND_ERR_SOCKET", "bad response"))).toBe("protocol_error");
  });

  it("without a code is a protocol error", () => {
    expect(classifyError(new Error("x"))).toBe("protocol_error");
  });
});

describe("a header", () => {
  const headers = ["Content-Type", "text/plain", "RETRY-AFTER", "5", "retry-after", "9"].map((text) =>
    Buffer.from(text),
  );

  it("is found whatever its case, the first one where there are several", () => {
    expect(rawHeader(headers, "retry-after")).toBe("5");
  });

  it("is null where there is none", () => {
    expect(rawHeader(headers, "retry-afteR".slice(1))).toBeNull();
    expect(rawHeader([], "retry-after")).toBeNull();
  });
});
