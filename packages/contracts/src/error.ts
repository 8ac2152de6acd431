/**
 * The one closed set of error codes. Each contract renders them its own way (`Contract.renderError`);
 * the native API renders them as `application/problem+json`.
 */
export const ERROR_STATUS = {
  malformed_json: 400,
  invalid_request: 422,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  conflict: 409,
  invalid_transition: 409,
  idempotency_in_flight: 409,
  idempotency_mismatch: 422,
  body_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  uri_malformed: 400,
  headers_too_large: 431,
  request_timeout: 408,
  internal: 500,
  overloaded: 503,
  storage_full: 507,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/** One bad field: `field` as a dotted path (`items.0.quantity`), `problem` as a phrase that follows it. */
export interface FieldError {
  readonly field: string;
  readonly problem: string;
}

/** What is wrong, where, and what to do; safe to show to the caller. */
export interface PublicError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields: readonly FieldError[];
  /** Extra response headers: `allow`, `retry-after`, `www-authenticate`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RenderedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Encoded as JSON; `undefined` is no body. */
  readonly body: unknown;
}
