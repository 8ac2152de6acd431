import { FULFILMENT_TYPES } from "../canonical.ts";
import type { JsonSchema } from "../contract.ts";
import { array, boolean, constant, integer, nullable, object, oneOf, string } from "../schema.ts";

const nullableText = nullable(string());

export const orderSchema = object({
  id: string(),
  status: oneOf("pending", "approved", "arrived", "rejected", "failed", "cancelled"),
  orderSummary: string(),
  customer: object({ name: nullableText, phone: nullableText }),
  fulfillment: object({ type: nullable(oneOf(...FULFILMENT_TYPES)), address: nullableText }),
  externalOrderId: nullableText,
  conversationId: nullableText,
  specialInstructions: nullableText,
});

export const eventSchema = (name: string, data: JsonSchema): JsonSchema =>
  object({ event: constant(name), timestamp: integer(), data });

export const orderAnswer = object({ data: orderSchema, meta: object({ request_id: string() }) });

export const orderListAnswer = object({
  data: array(orderSchema),
  meta: object({
    request_id: string(),
    next_cursor: nullableText,
    is_done: boolean,
    limit: integer(),
  }),
});
