/** What the contracts' error envelopes have in common. */
import type { JsonSchema } from "./contract.ts";
import { ERROR_STATUS, type ErrorCode, type PublicError, type RenderedResponse } from "./error.ts";
import { array, object, oneOf, string } from "./schema.ts";

/** HTTP statuses that a contract answers instead of ours. */
export type OwnStatuses = Readonly<Partial<Record<ErrorCode, number>>>;

export const statusOf = ({ code }: PublicError, own: OwnStatuses = {}): number =>
  own[code] ?? ERROR_STATUS[code];

/** Of refusals that name fields, where the envelope has a place for them. */
export const fieldErrorsSchema = array(object({ field: string(), problem: string() }));

/** The documents name no status for a bad field; 400 is what most clients of such envelopes look for. */
export const BAD_FIELD_IS_400: OwnStatuses = { invalid_request: 400 };

/** The closed set of codes, each under the contract's own word for it. */
export const codesCalled = (word: (code: ErrorCode) => string = (code) => code): JsonSchema =>
  oneOf(...(Object.keys(ERROR_STATUS) as ErrorCode[]).map(word));

export const snakeCaseErrorSchema = object({
  error: object({ code: codesCalled(), message: string(), request_id: string() }),
});

/** `{error: {code, message, request_id}}`. */
export const snakeCaseError = (
  error: PublicError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): RenderedResponse => ({
  status: statusOf(error, BAD_FIELD_IS_400),
  headers: { ...error.headers, ...headers },
  body: { error: { code: error.code, message: messageWithFields(error), request_id: requestId } },
});

/**
 * The message with every bad field in it: the envelope has no place for a list. The fields of other refusals than
 * `invalid_request` are the native API's, and their messages say all there is.
 */
function messageWithFields({ code, message, fields }: PublicError): string {
  if (code !== "invalid_request") return message;
  const missing = fields.filter(
    ({ field, problem }) => !message.includes(problem) || !message.includes(field),
  );
  if (missing.length === 0) return message;
  const problems = missing.map(({ field, problem }) => (field === "" ? problem : `${field} ${problem}`));
  return `${message.replace(/\.$/, "")}: ${problems.join("; ")}`;
}
