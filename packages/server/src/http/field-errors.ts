import type { FieldError } from "@ticketrail/contracts";
import type { ErrorObject } from "ajv";

const MAX_FIELDS = 25;
/** They follow from other errors, or say nothing that a caller could act on. */
const SILENT = new Set(["if", "allOf"]);
/** Fields that the hub sets. interface: "a field that is not the caller's to set". */
const OURS = new Set(["id", "status", "version", "state", "createdAt", "updatedAt", "tenantId"]);

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "must be a time with an offset, such as 2026-01-18T10:30:00Z",
  currency: "must be an ISO 4217 code in capitals, such as EUR",
  timezone: "must be an IANA time zone, such as Europe/Copenhagen",
};

/** Ajv's errors as fields and phrases that say what to do; each pair once. */
export function fieldErrors(errors: readonly ErrorObject[]): readonly FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    if (SILENT.has(error.keyword)) continue;
    const field = fieldOf(error);
    const problem = problemOf(error);
    found.set(`${field}\n${problem}`, { field, problem });
    if (found.size === MAX_FIELDS) break;
  }
  return [...found.values()];
}

function fieldOf({ instancePath, keyword, params }: ErrorObject): string {
  const parts = instancePath.split("/").slice(1).map(unescapePointer);
  if (keyword === "required") parts.push(String(params.missingProperty));
  if (keyword === "additionalProperties") parts.push(String(params.additionalProperty));
  if (keyword === "propertyNames") parts.push(String(params.propertyName));
  return parts.length === 0 ? "body" : parts.join(".");
}

const unescapePointer = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

function problemOf(error: ErrorObject): string {
  const { keyword, params } = error;
  const limit: unknown = params.limit;
  switch (keyword) {
    case "required":
      return "is required";
    case "additionalProperties":
      return OURS.has(String(params.additionalProperty))
        ? "is set by the hub and cannot be given here"
        : "is not a field of this call";
    case "type":
      return `must be ${typeNames(params.type)}`;
    case "enum":
      return `must be one of: ${(params.allowedValues as unknown[]).map(String).join(", ")}`;
    case "const":
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case "minimum":
      return `must be at least ${limit}`;
    case "maximum":
      return `must be at most ${limit}`;
    case "minLength":
      return limit === 1 ? "must not be empty" : `must have at least ${limit} characters`;
    case "maxLength":
      return `must have at most ${limit} characters`;
    case "minItems":
      return limit === 1 ? "must not be empty" : `must have at least ${limit} entries`;
    case "maxItems":
      return `must have at most ${limit} entries`;
    case "minProperties":
      return "must have at least one field";
    case "maxProperties":
      return `must have at most ${limit} fields`;
    case "uniqueItems":
      return "must not hold the same entry twice";
    case "format":
      return FORMATS[String(params.format)] ?? `must be a valid ${params.format}`;
    case "pattern":
      return patternProblem(error);
    case "anyOf":
    case "oneOf":
      return "has none of the allowed forms";
    default:
      return error.message ?? "is not valid";
  }
}

/** A schema's own `description` says it better than its regular expression. */
function patternProblem({ parentSchema, params }: ErrorObject): string {
  const description: unknown = parentSchema?.description;
  return typeof description === "string" ? `must be ${description}` : `must match ${params.pattern}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};

function typeNames(type: unknown): string {
  const names = (Array.isArray(type) ? type : String(type).split(",")).map(
    (name) => TYPE_NAMES[String(name)] ?? String(name),
  );
  return names.join(" or ");
}
