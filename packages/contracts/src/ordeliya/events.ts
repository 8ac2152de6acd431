/** "Event Types" of the published document, with its own words for what triggers each. */
import type { CanonicalEventType, StoreFacts } from "../canonical.ts";
import { catalogue, type Entry, orderEntry, recordEntry } from "../catalogue.ts";
import type { Contract, JsonSchema, SampleStamp } from "../contract.ts";
import * as orders from "./encode.ts";
import * as records from "./encode-records.ts";
import * as schemas from "./schemas.ts";

const order = (name: string, description: string, ...canonical: readonly CanonicalEventType[]): Entry =>
  orderEntry({ name, description, canonical, schema: schemas.orderSchema }, orders.ordeliyaOrder);

/** Ordeliya's names of these are the canonical ones. */
const fact = (
  name: CanonicalEventType,
  description: string,
  schema: JsonSchema,
  data: Parameters<typeof recordEntry>[1],
): Entry => recordEntry({ name, description, canonical: [name], schema }, data);

const entries: readonly Entry[] = [
  order("order.created", "New order placed (any source).", "order.created"),
  orderEntry(
    {
      name: "order.status_updated",
      description: "Order status changed; with previousStatus and newStatus.",
      canonical: ["order.status_updated"],
      schema: schemas.changedOrderSchema,
    },
    orders.ordeliyaChangedOrder,
  ),
  order("order.completed", "Order marked as COMPLETED.", "order.completed"),
  order(
    "order.cancelled",
    "Order cancelled by staff or system; with cancellationReason.",
    "order.cancelled",
    "order.rejected",
  ),
  fact(
    "payment.succeeded",
    "Payment successfully captured.",
    schemas.paymentSucceededSchema,
    orders.paymentSucceeded,
  ),
  fact("payment.failed", "Payment attempt failed.", schemas.paymentFailedSchema, orders.paymentFailed),
  fact(
    "payment.refunded",
    "Full or partial refund issued.",
    schemas.paymentRefundedSchema,
    orders.paymentRefunded,
  ),
  fact(
    "customer.created",
    "New customer registered or first guest checkout.",
    schemas.customerSchema,
    records.customerCreated,
  ),
  fact(
    "customer.updated",
    "Customer profile modified; the updated fields.",
    schemas.customerUpdateSchema,
    records.customerUpdated,
  ),
  fact("product.created", "New product added to the menu.", schemas.productSchema, records.product),
  fact(
    "product.updated",
    "Product details changed (price, availability, etc.).",
    schemas.productUpdateSchema,
    records.productUpdated,
  ),
  fact(
    "reservation.created",
    "New table reservation made.",
    schemas.reservationSchema,
    records.reservationCreated,
  ),
  fact(
    "reservation.confirmed",
    "Reservation confirmed by staff.",
    schemas.confirmedSchema,
    records.reservationConfirmed,
  ),
  fact(
    "reservation.cancelled",
    "Reservation cancelled; with cancellationReason.",
    schemas.cancelledSchema,
    records.reservationCancelled,
  ),
];

const subscribable = catalogue({ body: orders.ordeliyaBody, schema: schemas.eventSchema }, entries);

const TEST_EVENT = "test.ping";

/** Its test event is nobody's to subscribe to ("POST /webhooks/:id/test"). */
const sample: Contract["sample"] = (type, stamp, store) =>
  type === null || type === TEST_EVENT ? ping(stamp, store) : subscribable.sample(type, stamp, store);

const ping = ({ id, createdAt }: SampleStamp, store: StoreFacts) => ({
  type: TEST_EVENT,
  body: JSON.stringify({
    id,
    type: TEST_EVENT,
    storeId: store.id,
    timestamp: createdAt,
    data: { message: "A test of your webhook endpoint." },
  }),
});

export const ordeliyaCatalogue = { ...subscribable, sample };
