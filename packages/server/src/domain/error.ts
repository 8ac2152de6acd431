import { ERROR_STATUS, type ErrorCode, type FieldError, type PublicError } from "@ticketrail/contracts";

/** A refusal with one of the closed set of codes. Everything in it may be shown to the caller. */
export class Refusal extends Error implements PublicError {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    extra: { fields?: readonly FieldError[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.fields = extra.fields ?? [];
    this.headers = extra.headers ?? {};
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** A refusal that names bad fields; its message lists them. */
export function invalidFields(fields: readonly FieldError[]): Refusal {
  const first = fields.slice(0, 5).map(({ field, problem }) => `${field} ${problem}`);
  const more = fields.length > 5 ? `, and ${fields.length - 5} more` : "";
  return new Refusal("invalid_request", `${first.join("; ")}${more}.`, { fields });
}

export const invalidField = (field: string, problem: string): Refusal => invalidFields([{ field, problem }]);

/** Another store's id answers the same as one that was never given out. */
export const notFound = (what: string): Refusal =>
  new Refusal("not_found", `There is no such ${what}. Check the id, and that the key belongs to its store.`);
