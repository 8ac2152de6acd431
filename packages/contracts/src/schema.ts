/** JSON Schema (2020-12) in few words. Unknown fields are always allowed: contracts grow by adding them. */
import type { JsonSchema } from "./contract.ts";

export const string = (keywords: JsonSchema = {}): JsonSchema => ({ type: "string", ...keywords });
export const integer = (keywords: JsonSchema = {}): JsonSchema => ({ type: "integer", ...keywords });
export const number = (keywords: JsonSchema = {}): JsonSchema => ({ type: "number", ...keywords });
export const boolean: JsonSchema = { type: "boolean" };
export const dateTime: JsonSchema = { type: "string", format: "date-time" };
export const anything: JsonSchema = {};

export const oneOf = (...values: readonly string[]): JsonSchema => ({ type: "string", enum: values });
export const constant = (value: string | boolean): JsonSchema => ({ const: value });
export const array = (items: JsonSchema, keywords: JsonSchema = {}): JsonSchema => ({
  type: "array",
  items,
  ...keywords,
});

/** All properties are required, save those in `optional`. */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> } {
  const required = Object.keys(properties);
  return {
    type: "object",
    properties: { ...properties, ...optional },
    ...(required.length > 0 ? { required } : {}),
  };
}

/** The same with null besides. The schema has a `type`. */
export function nullable(schema: JsonSchema): JsonSchema {
  const values = schema.enum as readonly unknown[] | undefined;
  return { ...schema, type: [schema.type, "null"], ...(values && { enum: [...values, null] }) };
}

/** Each of them may be absent or null. */
export const nullables = (properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, nullable(schema)]));

/** One or more digits that make a number from 1 to 999,999,999: query values are text. */
export const COUNT = string({
  pattern: "^0{0,9}[1-9][0-9]{0,8}$",
  description: "a whole number from 1 to 999999999",
});
