import type { JsonSchema } from "@ticketrail/contracts";

const BY_NAME: Readonly<Record<string, string>> = {
  url: "https://kitchen.example.com/hooks",
  current_url: "https://kitchen.example.com/hooks",
  new_url: "https://kitchen.example.com/v2/hooks",
  secret: "whsec_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
  message: "We are out of dough.",
};
const BY_FORMAT: Readonly<Record<string, string>> = {
  "date-time": "2026-01-18T10:30:00Z",
  currency: "EUR",
  timezone: "Europe/Copenhagen",
};

/** A value that the schema accepts, with every field that it names; `eventName` stands where events are asked for. */
export function exampleOf(schema: JsonSchema, eventName: string, name = ""): unknown {
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") return objectExample(schema, eventName);
  if (type === "array") {
    return name === "events" ? [eventName] : [exampleOf(asSchema(schema.items), eventName)];
  }
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return Math.max(1, Number(schema.minimum ?? 1));
  if (type !== "string") return null;
  if (name === "event_type" || name === "eventType") return eventName;
  return (
    BY_NAME[name] ?? BY_FORMAT[String(schema.format)] ?? (schema.pattern === undefined ? `${name}-123` : "1")
  );
}

const objectExample = (schema: JsonSchema, eventName: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(asSchema(schema.properties)).map(([name, property]) => [
      name,
      exampleOf(asSchema(property), eventName, name),
    ]),
  );

/** A subschema; an absent one accepts anything. */
export const asSchema = (value: unknown): JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
