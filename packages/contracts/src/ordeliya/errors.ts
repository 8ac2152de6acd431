import type { Contract } from "../contract.ts";
import type { ErrorCode } from "../error.ts";
import { BAD_FIELD_IS_400, codesCalled, fieldErrorsSchema, statusOf } from "../rendering.ts";
import { constant, object, string } from "../schema.ts";

/** Where Ordeliya's word is not ours in capitals. */
const CODES: Partial<Record<ErrorCode, string>> = {
  invalid_request: "VALIDATION_ERROR",
  internal: "INTERNAL_ERROR",
};

const codeOf = (code: ErrorCode): string => CODES[code] ?? code.toUpperCase();

export const errorSchema: Contract["errorSchema"] = object({
  success: constant(false),
  error: object({ code: codesCalled(codeOf), message: string() }, { details: fieldErrorsSchema }),
  meta: object({ requestId: string() }),
});

export const renderError: Contract["renderError"] = (error, requestId) => ({
  status: statusOf(error, BAD_FIELD_IS_400),
  headers: error.headers,
  body: {
    success: false,
    error: {
      code: codeOf(error.code),
      message: error.message,
      ...(error.fields.length > 0 && { details: error.fields }),
    },
    meta: { requestId },
  },
});
