import type { JsonSchema } from "@ticketrail/contracts";

/** The words that the native API's schemas are made of. Unknown fields are refused by name. */
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

export const text = (maxLength: number, more: JsonSchema = {}): JsonSchema => ({
  type: "string",
  minLength: 1,
  maxLength,
  ...more,
});
export const nullableText = (maxLength: number, more: JsonSchema = {}): JsonSchema => ({
  type: ["string", "null"],
  maxLength,
  ...more,
});
export const oneOf = (values: readonly string[], more: JsonSchema = {}): JsonSchema => ({
  type: "string",
  enum: values,
  ...more,
});
export const integer = (minimum: number, more: JsonSchema = {}): JsonSchema => ({
  type: "integer",
  minimum,
  maximum: MAX_INTEGER,
  ...more,
});
export const time: JsonSchema = { type: "string", format: "date-time" };
export const nullable = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema.type, "null"] });
export const list = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: "array",
  items,
  ...more,
});

/** A body: nothing but these fields. */
export const fields = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
  more: JsonSchema = {},
): JsonSchema => ({
  type: "object",
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
  properties,
  ...more,
});

/** An answer: every field is there. */
export const view = (
  title: string | null,
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema => ({
  ...(title === null ? {} : { title }),
  type: "object",
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

export const page = (row: JsonSchema): JsonSchema =>
  view(null, {
    data: list(row),
    nextCursor: { type: ["string", "null"], description: "For the next page; null on the last." },
  });

export const id = (prefix: string): JsonSchema => ({
  type: "string",
  description: `Begins with \`${prefix}\`.`,
});
export const idText: JsonSchema = text(200);

/** interface: "`?limit&cursor`", with the list's own filters. */
export const listQuery = (filters: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  fields(
    {
      ...filters,
      limit: {
        type: "string",
        pattern: "^([1-9][0-9]?|100)$",
        description: "a whole number from 1 to 100; 20 if left out",
      },
      cursor: {
        type: "string",
        minLength: 1,
        maxLength: 500,
        description: "the nextCursor of the page before",
      },
    },
    [],
  );

export const NOTHING: JsonSchema = fields({}, []);

/** Of a call without parameters: one that is there all the same is a mistake. */
export const NOTHING_ASKED: JsonSchema = fields({}, []);
