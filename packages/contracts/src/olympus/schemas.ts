import type { JsonSchema } from "../contract.ts";
import { anything, array, boolean, constant, integer, nullable, object, oneOf, string } from "../schema.ts";

const nullableText = nullable(string());
const amount: JsonSchema = { type: "number" };
const nullableAmount = nullable(amount);
const nullableNumber: JsonSchema = { type: ["number", "null"] };
const time = string({ format: "date-time" });

const item = object(
  {
    id: string(),
    menu_item_id: nullableText,
    name: string(),
    quantity: integer(),
    unit_price: amount,
    total: amount,
  },
  { free_text: boolean },
);

export const orderSchema = object(
  {
    id: string(),
    number: string(),
    order_type: nullable(oneOf("dine_in", "delivery", "pickup", "curbside")),
    status: oneOf("open", "sent", "ready", "completed", "cancelled"),
    items: array(item),
    subtotal: amount,
    tax: amount,
    total: amount,
    created_at: time,
  },
  {
    table: string(),
    server: object({ id: string(), name: string() }),
    delivery_fee: amount,
    discount: amount,
  },
);

export const paymentSchema = object(
  {
    id: nullableText,
    order_id: nullableText,
    method: nullableText,
    amount: nullableAmount,
    tip: amount,
    total: nullableAmount,
    card: nullable(object({ brand: nullableText, last4: nullableText })),
    transaction_id: nullableText,
  },
  { error_code: nullableText, reason: nullableText },
);

export const inventorySchema = object({
  id: nullableText,
  item_id: nullableText,
  name: nullableText,
  current_quantity: nullableNumber,
  unit: nullableText,
  reorder_level: nullableNumber,
  reorder_quantity: nullableNumber,
});

const menuItem = { id: nullableText, name: nullableText };

export const itemUpdatedSchema = object({
  ...menuItem,
  description: nullableText,
  price: nullableAmount,
  available: nullable(boolean),
  category_id: nullableText,
  changed_fields: array(string()),
});
export const itemAvailabilitySchema = object({ ...menuItem, available: nullable(boolean) });
export const priceChangedSchema = object({
  ...menuItem,
  price: nullableAmount,
  previous_price: nullableAmount,
});

export const hoursSchema = object({ id: string(), name: nullableText, hours: anything });
export const locationStatusSchema = object({
  id: string(),
  name: nullableText,
  status: nullableText,
  previous_status: nullableText,
  reason: nullableText,
});

export const eventSchema = (name: string, data: JsonSchema): JsonSchema =>
  object({
    id: string(),
    type: constant(name),
    api_version: string(),
    created_at: time,
    tenant_id: string(),
    location_id: string(),
    data,
  });

export const endpointAnswer = object({
  id: string(),
  url: string(),
  events: array(string()),
  status: oneOf("active", "inactive"),
  created_at: time,
});

export const endpointListAnswer = object({ data: array(endpointAnswer), next_cursor: nullableText });

const deliveryRow = {
  id: string(),
  event_id: string(),
  event_type: string(),
  status: oneOf("success", "failed"),
  response_code: nullable(integer()),
  response_time_ms: integer(),
};

export const testAnswer = object(deliveryRow, { error: string() });

export const deliveryListAnswer = object(
  { data: array(object(deliveryRow, { delivered_at: time, next_retry_at: time })) },
  { next_cursor: string() },
);
