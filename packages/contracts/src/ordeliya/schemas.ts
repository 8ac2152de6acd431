import type { JsonSchema } from "../contract.ts";
import { array, boolean, constant, dateTime, integer, nullable, object, oneOf, string } from "../schema.ts";

const nullableText = nullable(string());
const minor = integer();
const nullableMinor = nullable(minor);
const nullableTime = nullable(dateTime);
const status = oneOf("RECEIVED", "CONFIRMED", "PREPARING", "READY", "ON_THE_WAY", "COMPLETED", "CANCELLED");
const contact = { id: nullableText, name: nullableText, email: nullableText, phone: nullableText };

const item = object(
  {
    productId: nullableText,
    productName: string(),
    quantity: integer(),
    unitPriceMinor: minor,
    totalMinor: minor,
  },
  { freeText: boolean },
);

export const orderSchema = object(
  {
    id: string(),
    orderId: string(),
    status,
    previousStatus: nullable(status),
    fulfillmentType: nullable(oneOf("DELIVERY", "PICKUP", "CURBSIDE")),
    source: oneOf("WEB", "APP", "POS", "PHONE"),
    customer: nullable(object(contact)),
    items: array(item),
    subtotalMinor: minor,
    deliveryFeeMinor: minor,
    taxMinor: minor,
    discountMinor: minor,
    totalMinor: minor,
    currency: string(),
    createdAt: dateTime,
  },
  { newStatus: status, cancellationReason: string() },
);

export const changedOrderSchema: JsonSchema = {
  ...orderSchema,
  required: [...Object.keys(orderSchema.properties)].filter((name) => name !== "cancellationReason"),
};

const payment = { orderId: nullableText, amountMinor: nullableMinor, currency: string() };

export const paymentSucceededSchema = object({
  ...payment,
  provider: nullableText,
  transactionId: nullableText,
  paymentMethod: nullableText,
  cardLast4: nullableText,
});
export const paymentFailedSchema = object({ ...payment, provider: nullableText, errorCode: nullableText });
export const paymentRefundedSchema = object({
  ...payment,
  provider: nullableText,
  transactionId: nullableText,
  reason: nullableText,
});

export const customerSchema = object({ ...contact, createdAt: nullableTime });
export const customerUpdateSchema = object(
  { id: nullableText, changedFields: array(string()) },
  { name: nullableText, email: nullableText, phone: nullableText },
);

const product = {
  id: nullableText,
  name: nullableText,
  description: nullableText,
  priceMinor: nullableMinor,
  currency: string(),
  isAvailable: nullable(boolean),
  categoryId: nullableText,
};
export const productSchema = object(product);
export const productUpdateSchema = object({ ...product, changedFields: array(string()) });

const reservation = {
  id: nullableText,
  status: oneOf("PENDING", "CONFIRMED", "CANCELLED"),
  customer: nullable(object(contact)),
  partySize: nullable(integer()),
  startsAt: nullableTime,
  table: nullableText,
  notes: nullableText,
  createdAt: nullableTime,
};
export const reservationSchema = object(reservation);
export const confirmedSchema = object({
  ...reservation,
  confirmedAt: nullableTime,
  confirmedBy: nullableText,
});
export const cancelledSchema = object({ ...reservation, cancellationReason: nullableText });

export const eventSchema = (name: string, data: JsonSchema): JsonSchema =>
  object({ id: string(), type: constant(name), storeId: string(), timestamp: dateTime, data });
