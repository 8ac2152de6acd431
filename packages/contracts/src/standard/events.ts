import { CANONICAL_EVENTS, type CanonicalEventType } from "../canonical.ts";
import { catalogue, type Entry, orderEntry, recordEntry } from "../catalogue.ts";
import { canonicalDataSchema } from "../data-schemas.ts";
import { orderSchema } from "../order-schema.ts";
import { standardBody, standardOrder } from "./encode.ts";
import { eventSchema } from "./schemas.ts";

const DESCRIPTIONS: Readonly<Record<CanonicalEventType, string>> = {
  "order.created": "An order came in.",
  "order.updated": "An order's items, totals or notes were edited.",
  "order.status_updated": "An order's status changed; `previousStatus` says from what.",
  "order.approved": "An order was accepted.",
  "order.rejected": "An order was declined.",
  "order.sent": "An order went to the kitchen.",
  "order.ready": "An order is ready.",
  "order.completed": "An order was delivered or handed over.",
  "order.cancelled": "An order was cancelled, or nobody accepted it in time.",
  "payment.succeeded": "A payment was captured.",
  "payment.failed": "A payment was declined.",
  "payment.refunded": "A payment was refunded, in full or in part.",
  "payment.voided": "A payment was voided before it was captured.",
  "inventory.low_stock": "Stock fell below its reorder level.",
  "inventory.out_of_stock": "Stock is used up.",
  "inventory.updated": "Stock changed.",
  "menu.published": "A menu was published.",
  "menu.item_availability": "An item became available or unavailable.",
  "menu.price_changed": "An item's price changed.",
  "product.created": "A product was added to the menu.",
  "product.updated": "A product's details changed.",
  "location.hours_changed": "A store's opening hours changed.",
  "location.status_changed": "A store opened or closed.",
  "customer.created": "A customer registered, or ordered as a guest for the first time.",
  "customer.updated": "A customer's profile changed.",
  "reservation.created": "A table was reserved.",
  "reservation.confirmed": "A reservation was confirmed.",
  "reservation.cancelled": "A reservation was cancelled.",
  "endpoint.deactivated": "A webhook endpoint failed for seven days and was switched off.",
};

const entry = (type: CanonicalEventType): Entry => {
  const fields = { name: type, description: DESCRIPTIONS[type], canonical: [type] };
  return type.startsWith("order.")
    ? orderEntry({ ...fields, schema: orderSchema }, standardOrder)
    : recordEntry({ ...fields, schema: canonicalDataSchema(type) }, (record) => record);
};

export const standardCatalogue = catalogue(
  { body: standardBody, schema: eventSchema },
  CANONICAL_EVENTS.map(entry),
);
