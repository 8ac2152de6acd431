import type { JsonSchema } from "../contract.ts";
import { array, boolean, constant, integer, nullable, object, string } from "../schema.ts";

const amount = integer();

const modifier = object({
  external_id: string(),
  name: string(),
  quantity: integer(),
  unit_value: amount,
  total_value: amount,
});

const item = object(
  {
    external_id: string(),
    name: string(),
    quantity: integer(),
    unit_value: amount,
    total_unit_value: amount,
    total_value: amount,
    instructions: string(),
    modifiers: array(modifier),
  },
  { free_text: boolean },
);

/** The document's "Order", with both ids of the store. */
export const orderSchema = object({
  external_id: string(),
  created_at: string(),
  total: amount,
  customer: string(),
  store_id: string(),
  external_store_id: nullable(string()),
  order_number: string(),
  instructions: string(),
  items: array(item),
  discount_value: amount,
  delivery_id: integer({ minimum: 0 }),
});

const records = array({ type: "object" });

export const menuSchema = object({
  store_id: string(),
  external_store_id: nullable(string()),
  integration_id: nullable(string()),
  menus: records,
  categories: records,
  items: records,
  modifier_groups: records,
});

/** `data` null: what the calls answer that only do something. */
export const done = (message: JsonSchema): JsonSchema => object({ message, data: { type: "null" } });
export const text = string();
export const texts = array(text);

export const tokenAnswer = object({
  message: text,
  data: object({ token: text, token_type: constant("bearer"), expires_in: string({ pattern: "^[0-9]+$" }) }),
});

export const webhookListAnswer = array(object({ url: text }));
export const orderListAnswer = object({ message: text, data: array(orderSchema) });
