import type { Contract } from "../contract.ts";
import type { ErrorCode } from "../error.ts";
import { BAD_FIELD_IS_400, statusOf } from "../rendering.ts";

/** Where Ordeliya's word is not ours in capitals. */
const CODES: Partial<Record<ErrorCode, string>> = {
  invalid_request: "VALIDATION_ERROR",
  internal: "INTERNAL_ERROR",
};

export const renderError: Contract["renderError"] = (error, requestId) => ({
  status: statusOf(error, BAD_FIELD_IS_400),
  headers: error.headers,
  body: {
    success: false,
    error: {
      code: CODES[error.code] ?? error.code.toUpperCase(),
      message: error.message,
      ...(error.fields.length > 0 && { details: error.fields }),
    },
    meta: { requestId },
  },
});
