/** The canonical `data` of each event, as JSON Schema. `POST /v1/events` takes it so, and is stricter with an order. */
import { CANONICAL_EVENTS, type CanonicalEventType, ORDER_STATUSES } from "./canonical.ts";
import type { JsonSchema } from "./contract.ts";
import { orderInputSchema } from "./order-schema.ts";
import {
  anything,
  array,
  boolean,
  dateTime,
  integer,
  nullable,
  nullables,
  number,
  object,
  string,
} from "./schema.ts";

const id = string({ minLength: 1, maxLength: 200 });
const text = string({ maxLength: 4_000 });
const minor = integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const currency = string({ pattern: "^[A-Z]{3}$" });
const records = array({ type: "object" });

/** What any payment may have; how much of it must be there is each event's own. */
const PAYMENT = {
  id,
  amountMinor: minor,
  tipMinor: minor,
  currency,
  status: text,
  method: text,
  provider: text,
  transactionId: text,
  card: object({}, nullables({ brand: text, last4: string({ pattern: "^[0-9]{4}$" }) })),
  errorCode: text,
  reason: text,
};

const payment = (...required: readonly (keyof typeof PAYMENT)[]): JsonSchema =>
  partial({ orderId: nullable(id), ...pick(PAYMENT, required) }, PAYMENT);

const INVENTORY = partial(
  { itemId: id, currentQuantity: number() },
  { id, name: text, unit: text, reorderLevel: number(), reorderQuantity: number() },
);

const PRODUCT = {
  name: text,
  description: text,
  priceMinor: minor,
  previousPriceMinor: minor,
  currency,
  available: boolean,
  categoryId: text,
  changedFields: array(text),
};

const product = (...required: readonly (keyof typeof PRODUCT)[]): JsonSchema =>
  partial({ id, ...pick(PRODUCT, required) }, PRODUCT);

const CUSTOMER = { name: text, email: text, phone: text, createdAt: dateTime };

const RESERVATION = {
  partySize: integer({ minimum: 1 }),
  startsAt: dateTime,
  customer: object({}, nullables({ id, name: text, email: text, phone: text })),
  table: text,
  notes: text,
  createdAt: dateTime,
  confirmedAt: dateTime,
  confirmedBy: text,
  reason: text,
};

const reservation = (...required: readonly (keyof typeof RESERVATION)[]): JsonSchema =>
  partial({ id, ...pick(RESERVATION, required) }, RESERVATION);

const order = orderInputSchema;
const changedOrder: JsonSchema = {
  ...order,
  properties: { ...order.properties, previousStatus: { enum: [...ORDER_STATUSES, null] } },
};

const DATA_SCHEMAS: Readonly<Record<CanonicalEventType, JsonSchema>> = {
  "order.created": order,
  "order.updated": order,
  "order.status_updated": changedOrder,
  "order.approved": order,
  "order.rejected": order,
  "order.sent": order,
  "order.ready": order,
  "order.completed": order,
  "order.cancelled": order,
  "payment.succeeded": payment("amountMinor"),
  "payment.failed": payment(),
  "payment.refunded": payment("amountMinor"),
  "payment.voided": payment(),
  "inventory.low_stock": INVENTORY,
  "inventory.out_of_stock": INVENTORY,
  "inventory.updated": INVENTORY,
  "menu.published": partial(
    { items: records },
    { integrationId: id, menus: records, categories: records, modifierGroups: records },
  ),
  "menu.item_availability": product("available"),
  "menu.price_changed": product("priceMinor"),
  "product.created": product("name", "priceMinor"),
  "product.updated": product(),
  "location.hours_changed": partial({ hours: anything }, { id, name: text }),
  "location.status_changed": partial(
    { status: text },
    { id, name: text, previousStatus: text, reason: text },
  ),
  "customer.created": partial({ id }, CUSTOMER),
  "customer.updated": partial({ id }, { ...CUSTOMER, changedFields: array(text) }),
  "reservation.created": reservation("partySize", "startsAt"),
  "reservation.confirmed": reservation(),
  "reservation.cancelled": reservation(),
  "endpoint.deactivated": partial(
    { endpointId: id },
    { url: text, contract: text, failingSince: dateTime, failureCount: integer(), reason: text },
  ),
};

/**
 * The schema of the `data` of a canonical event. Required is only what no contract's body can do without; every
 * other field may be absent or null, and fields that the schema does not name are allowed and kept. Amounts are
 * integers of minor units. The `data` of an order's event is an order as it is created, with the platform's own
 * `id`, `status` and `createdAt` if it has them.
 */
export const canonicalDataSchema = (type: CanonicalEventType): JsonSchema => DATA_SCHEMAS[type];

/** Whether the name is a canonical event's. */
export const isCanonicalEvent = (name: string): name is CanonicalEventType =>
  (CANONICAL_EVENTS as readonly string[]).includes(name);

function partial(required: Record<string, JsonSchema>, optional: Record<string, JsonSchema>): JsonSchema {
  const rest = Object.entries(optional).filter(([name]) => !Object.hasOwn(required, name));
  return object(required, nullables(Object.fromEntries(rest)));
}

function pick<Name extends string>(
  schemas: Readonly<Record<Name, JsonSchema>>,
  names: readonly Name[],
): Record<string, JsonSchema> {
  return Object.fromEntries(names.map((name) => [name, schemas[name]]));
}
