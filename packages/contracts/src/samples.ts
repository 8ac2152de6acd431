/** What test sends and the catalogue's examples are made of: one plausible event of each canonical type. */
import type {
  CanonicalEvent,
  CanonicalEventType,
  Order,
  OrderStatus,
  OrderWithChange,
  StoreFacts,
} from "./canonical.ts";
import type { SampleStamp } from "./contract.ts";
import type { PlainRecord } from "./record.ts";

const NOTE = "A sample. Do not prepare.";

/** The sample of a canonical event, of this store and in its currency. */
export const sampleEvent = (
  type: CanonicalEventType,
  stamp: SampleStamp,
  store: StoreFacts,
): CanonicalEvent => ({
  id: stamp.id,
  type,
  tenantId: store.tenantId,
  storeId: store.id,
  createdAt: stamp.createdAt,
  data: SAMPLES[type](stamp, store),
});

type Sample = (stamp: SampleStamp, store: StoreFacts) => CanonicalEvent["data"];

const orderIn =
  (status: OrderStatus, previousStatus?: OrderStatus): Sample =>
  (stamp, store) => {
    const order = sampleOrder(status, stamp, store);
    return previousStatus === undefined ? order : ({ ...order, previousStatus } satisfies OrderWithChange);
  };

const payment =
  (more: PlainRecord): Sample =>
  (_stamp, store) => ({
    id: "pay_sample",
    orderId: "ord_sample",
    method: "card",
    amountMinor: 3253,
    tipMinor: 500,
    currency: store.currency,
    provider: "stripe",
    transactionId: "ch_sample",
    card: { brand: "visa", last4: "4242" },
    errorCode: null,
    reason: null,
    ...more,
  });

const stock =
  (currentQuantity: number): Sample =>
  () => ({
    id: "inv_sample",
    itemId: "item_chicken",
    name: "Chicken Breast",
    currentQuantity,
    unit: "lb",
    reorderLevel: 10,
    reorderQuantity: 50,
  });

const product =
  (more: PlainRecord): Sample =>
  (_stamp, store) => ({
    id: "item_burger",
    name: "Classic Burger",
    description: "Beef, cheddar, pickles",
    priceMinor: 1499,
    currency: store.currency,
    available: true,
    categoryId: "cat_burgers",
    ...more,
  });

const person = { name: "Sample Customer", email: "sample@example.com", phone: "+4500000000" };

const reservation =
  (more: (stamp: SampleStamp) => PlainRecord): Sample =>
  (stamp) => ({
    id: "res_sample",
    customer: { id: "cust_sample", ...person },
    partySize: 4,
    startsAt: stamp.createdAt,
    table: "Table 7",
    notes: NOTE,
    createdAt: stamp.createdAt,
    ...more(stamp),
  });

const SAMPLES: Readonly<Record<CanonicalEventType, Sample>> = {
  "order.created": orderIn("pending"),
  "order.updated": orderIn("pending"),
  "order.status_updated": orderIn("accepted", "pending"),
  "order.approved": orderIn("accepted"),
  "order.rejected": orderIn("rejected"),
  "order.sent": orderIn("preparing"),
  "order.ready": orderIn("ready"),
  "order.completed": orderIn("completed"),
  "order.cancelled": orderIn("cancelled"),
  "payment.succeeded": payment({}),
  "payment.failed": payment({
    transactionId: null,
    errorCode: "card_declined",
    reason: "Insufficient funds",
  }),
  "payment.refunded": payment({ tipMinor: 0, reason: "Item was missing" }),
  "payment.voided": payment({ tipMinor: 0, reason: "Order was cancelled" }),
  "inventory.low_stock": stock(5),
  "inventory.out_of_stock": stock(0),
  "inventory.updated": stock(42),
  "menu.published": () => ({
    integrationId: "1",
    menus: [{ id: "menu_lunch", name: "Lunch", categoryIds: ["cat_burgers"] }],
    categories: [{ id: "cat_burgers", name: "Burgers", itemIds: ["item_burger"] }],
    items: [
      { id: "item_burger", name: "Classic Burger", priceMinor: 1499, modifierGroupIds: ["mod_cheese"] },
    ],
    modifierGroups: [{ id: "mod_cheese", name: "Cheese", min: 0, max: 1, items: [] }],
  }),
  "menu.item_availability": product({ available: false }),
  "menu.price_changed": product({ previousPriceMinor: 1399 }),
  "product.created": product({}),
  "product.updated": product({ changedFields: ["description"] }),
  "location.hours_changed": (_stamp, store) => ({
    id: store.id,
    name: "Sample Store",
    hours: [{ day: "monday", opens: "11:00", closes: "22:00" }],
  }),
  "location.status_changed": (_stamp, store) => ({
    id: store.id,
    name: "Sample Store",
    status: "closed",
    previousStatus: "open",
    reason: "Holiday",
  }),
  "customer.created": (stamp) => ({ id: "cust_sample", ...person, createdAt: stamp.createdAt }),
  "customer.updated": () => ({ id: "cust_sample", phone: person.phone, changedFields: ["phone"] }),
  "reservation.created": reservation(() => ({})),
  "reservation.confirmed": reservation(({ createdAt }) => ({ confirmedAt: createdAt, confirmedBy: "Staff" })),
  "reservation.cancelled": reservation(() => ({ reason: "Plans changed" })),
  "endpoint.deactivated": ({ createdAt }) => ({
    endpointId: "wh_sample",
    url: "https://example.com/webhooks",
    failingSince: createdAt,
    failureCount: 42,
    reason: "no success for 7 days",
  }),
};

const sampleOrder = (status: OrderStatus, stamp: SampleStamp, store: StoreFacts): Order => ({
  id: "ord_sample",
  displayNumber: "1042",
  tenantId: store.tenantId,
  storeId: store.id,
  source: { contract: null, deliveryId: null, externalId: null },
  channel: "web",
  status,
  version: 1,
  currency: store.currency,
  exponent: store.exponent,
  customer: { id: "cust_sample", ...person },
  fulfilment: { type: "delivery", address: "1 Sample Street", table: null, server: null },
  items: [
    {
      id: "li_001",
      productId: "item_burger",
      name: "Classic Burger",
      quantity: 2,
      unitMinor: 1399,
      notes: null,
      modifiers: [{ id: "mod_cheese", name: "Extra cheese", quantity: 1, unitMinor: 100 }],
    },
  ],
  summary: null,
  conversationId: null,
  totals: { subtotalMinor: 2998, taxMinor: 255, deliveryFeeMinor: 0, discountMinor: 0, totalMinor: 3253 },
  payments: [],
  notes: NOTE,
  posRef: null,
  reason: status === "rejected" || status === "cancelled" ? "Sold out" : null,
  createdAt: stamp.createdAt,
  updatedAt: stamp.createdAt,
  acceptBy: null,
  timestamps: { pending: stamp.createdAt, [status]: stamp.createdAt },
  extensions: {},
});
