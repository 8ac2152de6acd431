import { CHANNELS, FULFILMENT_TYPES, type JsonSchema, ORDER_STATUSES } from "@ticketrail/contracts";
import { fields, integer, list, MAX_INTEGER, nullable, nullableText, oneOf, text, time } from "./words.ts";

const minor = integer(0, { description: "In minor units." });
const quantity = integer(1);
const person = fields({ id: text(200), name: text(200) }, ["id", "name"]);

const MODIFIER = fields(
  {
    id: nullableText(200),
    name: text(500),
    quantity,
    unitMinor: {
      type: "integer",
      minimum: -MAX_INTEGER,
      maximum: MAX_INTEGER,
      description: "May be negative, while the item with its modifiers is not.",
    },
  },
  ["name", "quantity", "unitMinor"],
);

export const ITEMS = list(
  fields(
    {
      productId: nullableText(200),
      name: text(500),
      quantity,
      unitMinor: integer(0, { description: "In minor units, without modifiers." }),
      notes: nullableText(2_000),
      modifiers: list(MODIFIER, { maxItems: 100 }),
    },
    ["name", "quantity", "unitMinor"],
    { title: "OrderItemInput" },
  ),
  { maxItems: 500, description: "May be empty where there is a summary." },
);

export const TOTALS = fields(
  {
    subtotalMinor: minor,
    taxMinor: minor,
    deliveryFeeMinor: minor,
    discountMinor: minor,
    totalMinor: integer(0, { description: "What the customer pays." }),
  },
  ["subtotalMinor", "totalMinor"],
  { title: "Totals", description: "Carried as given, never recomputed." },
);

export const NOTES = nullableText(4_000);

const CUSTOMER = fields(
  { id: nullableText(200), name: text(500), phone: nullableText(50), email: nullableText(320) },
  ["name"],
);

const FULFILMENT = fields(
  {
    type: oneOf(FULFILMENT_TYPES),
    address: nullableText(1_000),
    table: nullableText(100),
    server: nullable(person),
  },
  ["type"],
);

const SOURCE = fields(
  {
    contract: nullableText(50),
    deliveryId: {
      type: ["string", "integer", "null"],
      maxLength: 200,
      minimum: 0,
      maximum: MAX_INTEGER,
      description: 'The delivery platform; 7 and "7" are the same.',
    },
    externalId: nullableText(200, { minLength: 1 }),
  },
  [],
  { description: "Its three parts make an order unique within its store." },
);

const ORDER_FIELDS: Readonly<Record<string, JsonSchema>> = {
  channel: oneOf(CHANNELS, { description: "`web` if left out." }),
  source: SOURCE,
  displayNumber: text(50),
  customer: nullable(CUSTOMER),
  fulfilment: nullable(FULFILMENT),
  items: ITEMS,
  totals: TOTALS,
  notes: NOTES,
  summary: nullableText(4_000, { description: "The order in one line of text, where there are no items." }),
  conversationId: nullableText(200),
};
const REQUIRED = ["items", "totals"] as const;

/** The body of `POST /v1/orders`. */
export const ORDER_INPUT = fields({ storeId: text(200), ...ORDER_FIELDS }, ["storeId", ...REQUIRED], {
  title: "OrderInput",
});

/** interface: "an order as `POST /v1/orders` takes it, plus the platform's own `id`, `status`, `createdAt`". */
export const ORDER_EVENT_DATA = fields(
  {
    ...ORDER_FIELDS,
    id: text(200, { description: "The platform's own; events of one id are delivered in order." }),
    status: oneOf(ORDER_STATUSES, { description: "What the event's type says, if left out." }),
    createdAt: time,
    previousStatus: { enum: [...ORDER_STATUSES, null], description: "Of `order.status_updated`." },
    posRef: nullableText(200),
    reason: nullableText(1_000),
  },
  REQUIRED,
  { title: "OrderEventData" },
);

export const ORDER_EXAMPLE = {
  storeId: "store_01jh8xk3v5n7q2",
  channel: "web",
  source: { deliveryId: 7, externalId: "A-1042" },
  customer: { name: "Maria Nielsen", phone: "+4520123456" },
  fulfilment: { type: "delivery", address: "Nørrebrogade 12" },
  items: [
    {
      name: "Margherita",
      quantity: 2,
      unitMinor: 8900,
      modifiers: [{ name: "Extra cheese", quantity: 1, unitMinor: 1000 }],
    },
  ],
  totals: { subtotalMinor: 19800, deliveryFeeMinor: 2900, totalMinor: 22700 },
} as const;
