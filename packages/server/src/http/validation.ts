import type { FieldError, JsonSchema } from "@ticketrail/contracts";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { invalidFields } from "../domain/error.ts";
import { fieldErrors } from "./field-errors.ts";

/** Throws `invalid_request`, naming every bad field, unless the schema accepts the value. */
export type Validate = (value: unknown) => void;

const OPTIONS = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  // The schemas are ours, and a test holds them against the meta-schema; compiling that takes longer than all of them.
  meta: false,
  validateSchema: false,
} as const;
/** A list of every fault of a huge body would be many times larger than the body. */
const MAX_DETAILED_CHARS = 32_768;

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": isTime,
  currency: (text) => CURRENCIES.has(text),
  timezone: isTimezone,
};

/** One compiler for every schema, each compiled when first needed: all of them would take a quarter of the start. */
export class Validation {
  /** Stops at the first fault: what the request's time is spent on when all is well. */
  readonly #quick = compilerWith({ allErrors: false });
  /** Finds every fault, for the answer. */
  readonly #thorough = compilerWith({ allErrors: true });

  compile(schema: JsonSchema): Validate {
    let quick: ValidateFunction | null = null;
    let thorough: ValidateFunction | null = null;
    return (value) => {
      quick ??= this.#quick.compile(schema);
      if (quick(value)) return;
      const isSmall = JSON.stringify(value).length <= MAX_DETAILED_CHARS;
      if (isSmall) thorough ??= this.#thorough.compile(schema);
      const judge = isSmall && thorough ? thorough : quick;
      judge(value);
      throw invalidFields(errorsOf(judge.errors));
    };
  }
}

const errorsOf = (errors: readonly ErrorObject[] | null | undefined): readonly FieldError[] =>
  fieldErrors(errors ?? []);

function compilerWith(options: { readonly allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({ ...OPTIONS, ...options, verbose: true, validateFormats: true });
  addFormats.default(ajv);
  for (const [name, accepts] of Object.entries(FORMATS)) ajv.addFormat(name, accepts);
  return ajv;
}

/** RFC 3339; a leap second, which it allows, is no time that the process can count with. */
function isTime(text: string): boolean {
  const [, year, month, day] = DATE_TIME.exec(text) ?? [];
  const ms = Date.parse(text);
  if (day === undefined || !Number.isFinite(ms)) return false;
  // Within the years 0 to 9999 in UTC too: any other has more digits, and contracts cut seconds off by their place.
  if (new Date(ms).toISOString().length > "0000-01-01T00:00:00.000Z".length) return false;
  // The parser takes 30 February for 2 March.
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

function isTimezone(text: string): boolean {
  // An offset is no zone: it does not know of summer time.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,60}$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
