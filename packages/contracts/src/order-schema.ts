/** The order as JSON Schema: as it is taken in, and as the hub gives it out. */
import { CHANNELS, FULFILMENT_TYPES, ORDER_STATUSES } from "./canonical.ts";
import { array, dateTime, integer, nullable, nullables, object, oneOf, string } from "./schema.ts";

const minor = integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const signedMinor = integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const count = integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const text = string({ maxLength: 4_000 });
const name = string({ minLength: 1, maxLength: 1_000 });
const id = string({ minLength: 1, maxLength: 200 });
const status = oneOf(...ORDER_STATUSES);
const deliveryId = { type: ["string", "integer", "null"], maxLength: 200 };

const modifierInput = object({ name, quantity: count, unitMinor: signedMinor }, nullables({ id }));
const itemInput = object(
  { name, quantity: count, unitMinor: minor },
  nullables({ id, productId: id, notes: text, modifiers: array(modifierInput) }),
);

/** An order as `POST /v1/orders` takes it; items may be empty, or absent, where there is a summary. */
export const orderInputSchema = {
  ...object(
    {
      totals: object(
        { subtotalMinor: minor, totalMinor: minor },
        nullables({ taxMinor: minor, deliveryFeeMinor: minor, discountMinor: minor }),
      ),
    },
    {
      items: array(itemInput),
      ...nullables({
        id,
        status,
        createdAt: dateTime,
        channel: oneOf(...CHANNELS),
        source: object({}, { ...nullables({ contract: text, externalId: id }), deliveryId }),
        displayNumber: id,
        customer: object({ name: text }, nullables({ id, phone: text, email: text })),
        fulfilment: object(
          { type: oneOf(...FULFILMENT_TYPES) },
          nullables({ address: text, table: text, server: object({ id, name: text }) }),
        ),
        notes: text,
        summary: text,
        conversationId: id,
        posRef: id,
        reason: text,
      }),
    },
  ),
  anyOf: [object({ items: { type: "array", minItems: 1 } }), object({ summary: string({ minLength: 1 }) })],
};

const nullableText = nullable(string());
const anyInteger = integer();

const item = object({
  id: string(),
  productId: nullableText,
  name: string(),
  quantity: anyInteger,
  unitMinor: anyInteger,
  notes: nullableText,
  modifiers: array(object({ id: nullableText, name: string(), quantity: anyInteger, unitMinor: anyInteger })),
});

const totals = object({
  subtotalMinor: anyInteger,
  taxMinor: anyInteger,
  deliveryFeeMinor: anyInteger,
  discountMinor: anyInteger,
  totalMinor: anyInteger,
});

const customer = object({ id: nullableText, name: string(), phone: nullableText, email: nullableText });

const fulfilment = object({
  type: oneOf(...FULFILMENT_TYPES),
  address: nullableText,
  table: nullableText,
  server: nullable(object({ id: string(), name: string() })),
});

/** An order as the hub keeps it and gives it out. */
export const orderSchema = object(
  {
    id: string(),
    displayNumber: string(),
    tenantId: string(),
    storeId: string(),
    source: object({ contract: nullableText, deliveryId: nullableText, externalId: nullableText }),
    channel: oneOf(...CHANNELS),
    status,
    version: anyInteger,
    currency: string(),
    exponent: anyInteger,
    customer: nullable(customer),
    fulfilment: nullable(fulfilment),
    items: array(item),
    summary: nullableText,
    conversationId: nullableText,
    totals,
    payments: array({ type: "object" }),
    notes: nullableText,
    posRef: nullableText,
    reason: nullableText,
    createdAt: dateTime,
    updatedAt: dateTime,
    acceptBy: nullable(dateTime),
    timestamps: { type: "object", additionalProperties: dateTime },
  },
  { previousStatus: nullable(status), extensions: { type: "object" } },
);
