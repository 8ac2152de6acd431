/** The `data` of an order's and a payment's body: "Webhook Payload" of the published document. */
import type { CanonicalEvent, Channel, FulfilmentType, Order, OrderItem, StoreFacts } from "../canonical.ts";
import type { OrderData } from "../catalogue.ts";
import { withExtensions } from "../extensions.ts";
import { moneyOf } from "../money.ts";
import { orderLines, unitWithModifiers } from "../order-lines.ts";
import { amount, type PlainRecord, record, text } from "../record.ts";
import type { StatusTable } from "../status-table.ts";
import { orderSchema } from "./schemas.ts";

export type OrdeliyaStatus =
  | "RECEIVED"
  | "CONFIRMED"
  | "PREPARING"
  | "READY"
  | "ON_THE_WAY"
  | "COMPLETED"
  | "CANCELLED";

export const ORDELIYA_STATUS: StatusTable<OrdeliyaStatus> = {
  pending: "RECEIVED",
  accepted: "CONFIRMED",
  preparing: "PREPARING",
  ready: "READY",
  in_delivery: "ON_THE_WAY",
  completed: "COMPLETED",
  rejected: "CANCELLED",
  cancelled: "CANCELLED",
  failed: "CANCELLED",
};

/** It has no word for eating in: nobody delivers such an order, and nobody waits for it in a car. */
export const ORDELIYA_FULFILMENT: Readonly<Record<FulfilmentType, "DELIVERY" | "PICKUP" | "CURBSIDE">> = {
  delivery: "DELIVERY",
  pickup: "PICKUP",
  curbside: "CURBSIDE",
  dine_in: "PICKUP",
};

export const ORDELIYA_SOURCE: Readonly<Record<Channel, "WEB" | "APP" | "POS" | "PHONE">> = {
  web: "WEB",
  app: "APP",
  pos: "POS",
  phone: "PHONE",
  chat: "WEB",
  kiosk: "WEB",
  qr: "WEB",
};

export const ordeliyaBody = (type: string, data: unknown, event: CanonicalEvent, store: StoreFacts) => ({
  id: event.id,
  type,
  storeId: store.id,
  timestamp: event.createdAt,
  data,
});

export function ordeliyaOrder(order: OrderData) {
  const { fulfilment, totals } = order;
  const status = ORDELIYA_STATUS[order.status];
  return withExtensions(order, "ordeliya", orderSchema, {
    id: order.id,
    orderId: order.displayNumber,
    status,
    previousStatus: order.previousStatus ? ORDELIYA_STATUS[order.previousStatus] : null,
    // A missing reason still tells a rejected order from a cancelled and a failed one.
    ...(status === "CANCELLED" && { cancellationReason: order.reason ?? order.status }),
    fulfillmentType: fulfilment && ORDELIYA_FULFILMENT[fulfilment.type],
    source: ORDELIYA_SOURCE[order.channel],
    customer: customerOf(order),
    items: orderLines<OrdeliyaItem>(order, ordeliyaItem, { freeText: true }),
    subtotalMinor: totals.subtotalMinor,
    deliveryFeeMinor: totals.deliveryFeeMinor,
    taxMinor: totals.taxMinor,
    discountMinor: totals.discountMinor,
    totalMinor: totals.totalMinor,
    currency: order.currency,
    createdAt: order.createdAt,
  });
}

export const ordeliyaChangedOrder = (order: OrderData) => ({
  ...ordeliyaOrder(order),
  newStatus: ORDELIYA_STATUS[order.status],
});

const customerOf = ({ customer }: Order) =>
  customer && { id: customer.id, name: customer.name, email: customer.email, phone: customer.phone };

type OrdeliyaItem = ReturnType<typeof ordeliyaItem> & { readonly freeText?: true };

function ordeliyaItem(item: OrderItem) {
  const unitPriceMinor = unitWithModifiers(item);
  return {
    productId: item.productId,
    productName: item.name,
    quantity: item.quantity,
    unitPriceMinor,
    totalMinor: unitPriceMinor * item.quantity,
  };
}

const paid = (payment: PlainRecord, store: StoreFacts) => ({
  orderId: text(payment.orderId),
  amountMinor: amount(payment.amountMinor),
  currency: moneyOf(payment, store).currency,
  provider: text(payment.provider)?.toUpperCase() ?? null,
});

export const paymentSucceeded = (payment: PlainRecord, store: StoreFacts) => ({
  ...paid(payment, store),
  transactionId: text(payment.transactionId),
  paymentMethod: text(payment.method),
  cardLast4: text(record(payment.card)?.last4),
});

export const paymentFailed = (payment: PlainRecord, store: StoreFacts) => ({
  ...paid(payment, store),
  errorCode: text(payment.errorCode),
});

export const paymentRefunded = (payment: PlainRecord, store: StoreFacts) => ({
  ...paid(payment, store),
  transactionId: text(payment.transactionId),
  reason: text(payment.reason),
});
