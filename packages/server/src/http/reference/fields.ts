import type { JsonSchema } from "@ticketrail/contracts";
import { asSchema } from "./example.ts";

/** One line of a table of fields. */
export interface FieldRow {
  /** Dotted from the root, `[]` where a list is gone into. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly notes: string;
}

const MAX_DEPTH = 6;

/** Every field of a schema, the nested ones under their parents. */
export function fieldRows(schema: JsonSchema, path = "", depth = 0): readonly FieldRow[] {
  if (depth > MAX_DEPTH) return [];
  if (schema.items !== undefined) return fieldRows(asSchema(schema.items), `${path}[]`, depth + 1);
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(asSchema(schema.properties)).flatMap(([name, value]) => {
    const property = asSchema(value);
    const own = path === "" ? name : `${path}.${name}`;
    const row = { path: own, type: typeOf(property), required: required.has(name), notes: notesOf(property) };
    return [row, ...fieldRows(property, own, depth + 1)];
  });
}

export function typeOf(schema: JsonSchema): string {
  if ("const" in schema) return JSON.stringify(schema.const);
  const types = Array.isArray(schema.type) ? schema.type.map(String) : [String(schema.type ?? "any")];
  return types
    .map((type) => (type === "array" ? `list of ${typeOf(asSchema(schema.items))}` : type))
    .join(" or ");
}

/** Our own, in words; others are named. */
const FORMATS: Readonly<Record<string, string>> = {
  currency: "Three letters of ISO 4217.",
  timezone: "A name of the IANA time zone database, as `Europe/Rome`.",
};

/** What else the schema says of a value, in few words. */
function notesOf(schema: JsonSchema): string {
  const limits: string[] = [];
  const values = schema.enum ?? asSchema(schema.items).enum;
  if (Array.isArray(values)) limits.push(`One of ${values.map((value) => `\`${value}\``).join(", ")}.`);
  if (typeof schema.format === "string") limits.push(FORMATS[schema.format] ?? `Format ${schema.format}.`);
  if (typeof schema.minimum === "number" && schema.minimum > Number.MIN_SAFE_INTEGER) {
    limits.push(`From ${schema.minimum}.`);
  }
  if (typeof schema.minLength === "number" && schema.minLength > 1) {
    limits.push(`At least ${schema.minLength} characters.`);
  }
  if (typeof schema.maxLength === "number") limits.push(`At most ${schema.maxLength} characters.`);
  const description = typeof schema.description === "string" ? sentence(schema.description) : "";
  return [description, ...limits].filter(Boolean).join(" ");
}

const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
