import type { Contract, ErrorCode, PublicError, RenderedResponse } from "@ticketrail/contracts";
import { invalidField, Refusal } from "../domain/error.ts";

/** Fastify's own refusals, and Node's, in our closed set of codes. */
const KNOWN: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["body_too_large", "The body has more than 256 KB. Send less at a time."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", "Send the body as application/json."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "malformed_json",
    "The body has not as many bytes as its Content-Length says.",
  ],
  FST_ERR_BAD_URL: ["uri_malformed", "The path cannot be decoded: a % must stand before two hex digits."],
  FST_ERR_MAX_PARAM_LENGTH: [
    "not_found",
    "There is nothing at this path: a part of it is too long for an id.",
  ],
  HPE_HEADER_OVERFLOW: ["headers_too_large", "The request's line and headers have more than 16 KB."],
  ERR_HTTP_REQUEST_TIMEOUT: ["request_timeout", "The request did not arrive whole within its time."],
};

/** The store's own errors, by name: they may come from another thread, where their class is another one too. */
const UNAVAILABLE: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  StorageFull: ["storage_full", "The hub's disk is full; nothing was changed. Try again when there is room."],
  StorageUnavailable: ["overloaded", "The hub's database is out of reach; nothing was changed. Try again."],
};

const publicError = (code: ErrorCode, message: string): PublicError => ({
  code,
  message,
  fields: [],
  headers: {},
});

/** What a caller may see of anything that was thrown. What is not known is `internal`, with nothing of its inside. */
export function toPublicError(thrown: unknown): PublicError {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof Error && thrown.name === "InvalidCursor") {
    return invalidField("cursor", "must be one that an earlier answer of this list gave, unchanged");
  }
  const known = KNOWN[codeOf(thrown)] ?? (thrown instanceof Error ? UNAVAILABLE[thrown.name] : undefined);
  if (known) return publicError(...known);
  return publicError("internal", "Something went wrong on our side. Try again, and name the request's id.");
}

const codeOf = (thrown: unknown): string =>
  typeof thrown === "object" && thrown !== null && "code" in thrown ? String(thrown.code) : "";

export const isInternal = (error: PublicError): boolean => error.code === "internal";

/** The API that a path belongs to: whose envelope its errors carry. */
export interface Api {
  readonly contract: Contract;
  /** Before the contract's own paths; empty for the native API. */
  readonly prefix: string;
  /** Whether an operator's key is good here, and its answers carry `x-request-id`. */
  readonly native: boolean;
}

/** The contract whose keys are good for the native API, and whose envelope its errors have. */
const NATIVE_CONTRACT = "standard";

export function nativeApi(contracts: ReadonlyMap<string, Contract>): Api {
  const contract = contracts.get(NATIVE_CONTRACT);
  if (!contract) throw new Error(`No contract is called ${NATIVE_CONTRACT}.`);
  return { contract, prefix: "", native: true };
}

export const renderFailure = (api: Api, error: PublicError, requestId: string): RenderedResponse =>
  api.contract.renderError(error, requestId);

/** By the path's first segment; whatever belongs to no contract is the native API's. */
export function apiFinder(native: Api, vendors: readonly Api[]): (path: string) => Api {
  const byPrefix = new Map(vendors.map((api) => [api.prefix, api]));
  return (path) => {
    const segment = /^\/[^/?#]*/.exec(path)?.[0] ?? "";
    return byPrefix.get(decoded(segment)) ?? native;
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** `overloaded` and the like say when to come back, even where whoever refused did not. */
export function withRetryAfter(error: PublicError): PublicError {
  const temporary = error.code === "overloaded" || error.code === "idempotency_in_flight";
  if (!temporary || error.headers["retry-after"] !== undefined) return error;
  return {
    ...publicError(error.code, error.message),
    fields: error.fields,
    headers: { ...error.headers, "retry-after": "1" },
  };
}
