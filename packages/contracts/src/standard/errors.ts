import type { Contract } from "../contract.ts";
import type { ErrorCode } from "../error.ts";
import { codesCalled, fieldErrorsSchema, statusOf } from "../rendering.ts";
import { integer, object, string } from "../schema.ts";

const TITLES: Readonly<Record<ErrorCode, string>> = {
  malformed_json: "The body is not JSON",
  invalid_request: "The request is not valid",
  unauthorized: "No valid key",
  forbidden: "The key may not do this",
  not_found: "Not found",
  method_not_allowed: "Method not allowed",
  already_exists: "Already exists",
  conflict: "Conflict",
  invalid_transition: "The order's state does not allow this",
  idempotency_in_flight: "The same request is still in flight",
  idempotency_mismatch: "The idempotency key belongs to another body",
  body_too_large: "The body is too large",
  unsupported_media_type: "Unsupported media type",
  rate_limited: "Too many requests",
  uri_malformed: "The path cannot be decoded",
  headers_too_large: "The headers are too large",
  request_timeout: "The request took too long",
  internal: "Internal error",
  overloaded: "Overloaded",
  storage_full: "Storage is full",
};

export const errorSchema: Contract["errorSchema"] = object(
  {
    type: string(),
    title: string(),
    status: integer(),
    detail: string(),
    code: codesCalled(),
    requestId: string(),
  },
  { errors: fieldErrorsSchema },
);

/** RFC 9457. `type` names the problem and leads nowhere; `code` is what a client switches on. */
export const renderError: Contract["renderError"] = (error, requestId) => {
  const status = statusOf(error);
  return {
    status,
    headers: { ...error.headers, "content-type": "application/problem+json" },
    body: {
      type: `urn:ticketrail:problem:${error.code}`,
      title: TITLES[error.code],
      status,
      detail: error.message,
      code: error.code,
      ...(error.fields.length > 0 && { errors: error.fields }),
      requestId,
    },
  };
};
