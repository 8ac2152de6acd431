/** "Event Types" of the published document, with its own words for what triggers each. */
import type { CanonicalEventType } from "../canonical.ts";
import { catalogue, type Entry, orderEntry, recordEntry } from "../catalogue.ts";
import type { JsonSchema } from "../contract.ts";
import {
  hoursChanged,
  itemAvailability,
  itemUpdated,
  olympusBody,
  olympusInventory,
  olympusOrder,
  olympusPayment,
  priceChanged,
  statusChanged,
} from "./encode.ts";
import * as schemas from "./schemas.ts";

const order = (name: string, description: string, ...canonical: readonly CanonicalEventType[]): Entry =>
  orderEntry({ name, description, canonical, schema: schemas.orderSchema }, olympusOrder);

const fact = (
  name: string,
  description: string,
  canonical: CanonicalEventType,
  schema: JsonSchema,
  data: Parameters<typeof recordEntry>[1],
): Entry => recordEntry({ name, description, canonical: [canonical], schema }, data);

const { paymentSchema, inventorySchema } = schemas;

export const olympusCatalogue = catalogue({ body: olympusBody, schema: schemas.eventSchema }, [
  order("order.created", "New order created: order submitted.", "order.created"),
  order(
    "order.updated",
    "Order modified: items added or removed, or the order accepted.",
    "order.updated",
    "order.approved",
  ),
  order("order.sent", "Sent to kitchen: order sent to KDS.", "order.sent"),
  order("order.ready", "Ready for pickup: all items complete.", "order.ready"),
  order("order.completed", "Order finished: order closed.", "order.completed"),
  order("order.cancelled", "Order cancelled: order voided.", "order.cancelled", "order.rejected"),
  fact(
    "payment.processed",
    "Payment successful: card charged.",
    "payment.succeeded",
    paymentSchema,
    olympusPayment(),
  ),
  fact(
    "payment.failed",
    "Payment declined: card rejected.",
    "payment.failed",
    paymentSchema,
    olympusPayment("error_code", "reason"),
  ),
  fact(
    "payment.refunded",
    "Refund issued: refund processed.",
    "payment.refunded",
    paymentSchema,
    olympusPayment("reason"),
  ),
  fact(
    "payment.voided",
    "Payment voided: pre-capture void.",
    "payment.voided",
    paymentSchema,
    olympusPayment("reason"),
  ),
  fact(
    "inventory.low_stock",
    "Stock below threshold: quantity < reorder level.",
    "inventory.low_stock",
    inventorySchema,
    olympusInventory,
  ),
  fact(
    "inventory.out_of_stock",
    "Stock depleted: quantity = 0.",
    "inventory.out_of_stock",
    inventorySchema,
    olympusInventory,
  ),
  fact(
    "inventory.updated",
    "Stock changed: manual or sale adjustment.",
    "inventory.updated",
    inventorySchema,
    olympusInventory,
  ),
  fact(
    "menu.item_updated",
    "Item modified: item saved.",
    "product.updated",
    schemas.itemUpdatedSchema,
    itemUpdated,
  ),
  fact(
    "menu.item_availability",
    "Availability changed: 86'd or un-86'd.",
    "menu.item_availability",
    schemas.itemAvailabilitySchema,
    itemAvailability,
  ),
  fact(
    "menu.price_changed",
    "Price modified: price updated.",
    "menu.price_changed",
    schemas.priceChangedSchema,
    priceChanged,
  ),
  fact(
    "location.hours_changed",
    "Operating hours updated: schedule changed.",
    "location.hours_changed",
    schemas.hoursSchema,
    hoursChanged,
  ),
  fact(
    "location.status_changed",
    "Store opened or closed: status toggled.",
    "location.status_changed",
    schemas.locationStatusSchema,
    statusChanged,
  ),
]);
