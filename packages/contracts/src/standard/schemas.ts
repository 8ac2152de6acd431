import type { JsonSchema } from "../contract.ts";
import { constant, dateTime, object, string } from "../schema.ts";

export const eventSchema = (name: string, data: JsonSchema): JsonSchema =>
  object({ id: string(), type: constant(name), timestamp: dateTime, storeId: string(), data });
