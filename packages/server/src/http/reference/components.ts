import type { JsonSchema } from "@ticketrail/contracts";

type Json = { readonly [key: string]: unknown };

/**
 * Schemas with a title stand once, under it, and are referred to; all others stand where they are used.
 * Two different schemas of one title both stand where they are used, save the first.
 */
export class Components {
  readonly #found = new Map<string, { readonly text: string; readonly schema: Json }>();

  refer(schema: JsonSchema): Json {
    const { title } = schema;
    if (typeof title !== "string" || !/^[\w.-]+$/.test(title)) return this.#inside(schema);
    const text = JSON.stringify(schema);
    const known = this.#found.get(title);
    if (!known) this.#found.set(title, { text, schema: this.#inside(schema) });
    else if (known.text !== text) return this.#inside(schema);
    return { $ref: `#/components/schemas/${title}` };
  }

  /** By name, in the order they were first used. */
  all(): Json {
    return Object.fromEntries([...this.#found].map(([title, { schema }]) => [title, schema]));
  }

  #inside(schema: JsonSchema): Json {
    return Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => [keyword, this.#value(keyword, value)]),
    );
  }

  #value(keyword: string, value: unknown): unknown {
    if (keyword === "properties") {
      return Object.fromEntries(
        Object.entries(value as Json).map(([name, schema]) => [name, this.#subschema(schema)]),
      );
    }
    if (keyword === "items" || keyword === "additionalProperties") return this.#subschema(value);
    if (keyword === "anyOf" || keyword === "oneOf" || keyword === "allOf") {
      return (value as readonly unknown[]).map((schema) => this.#subschema(schema));
    }
    return value;
  }

  #subschema(value: unknown): unknown {
    return typeof value === "object" && value !== null ? this.refer(value as JsonSchema) : value;
  }
}
