import type { ErrorCode } from "@ticketrail/contracts";

/** What each code means to a caller, and what to do. */
export const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  malformed_json: "The body is not JSON as RFC 8259 has it, or says a key twice. The message says where.",
  invalid_request: "Fields are missing, wrong or not known; each is named.",
  unauthorized: "There is no key, or it is not one of this API.",
  forbidden: "The key is right, and lacks the scope.",
  not_found: "There is no such thing, or it is another store's.",
  method_not_allowed: "The `Allow` header names the methods that there are.",
  already_exists: "The same is there already.",
  conflict: "Its state does not allow it, or somebody else changed it meanwhile. Read it and try again.",
  invalid_transition: "The order's state does not allow the move; those that it does are named.",
  idempotency_in_flight: "The first request with this Idempotency-Key is still under way. Wait for it.",
  idempotency_mismatch: "This Idempotency-Key came with another body before. Use a new one.",
  body_too_large: "More than 256 KB.",
  unsupported_media_type: "Not said to be JSON, or compressed.",
  rate_limited: "Too many wrong keys from one address. `Retry-After` says for how long.",
  uri_malformed: "The path cannot be decoded.",
  headers_too_large: "The request's line and headers have more than 16 KB.",
  request_timeout: "The request did not arrive whole within 30 seconds.",
  internal: "Our fault. Try again, and name the request's id.",
  overloaded: "The hub is not keeping up, or its database is out of reach; nothing was changed. Try again.",
  storage_full: "The hub's disk is full; nothing was changed.",
};
