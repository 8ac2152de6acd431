/** The bodies' `data`: "Webhook Payload" of the published document. Amounts are decimals here and nowhere else. */
import type { CanonicalEvent, OrderItem, StoreFacts } from "../canonical.ts";
import type { OrderData } from "../catalogue.ts";
import { withExtensions } from "../extensions.ts";
import { decimal, moneyOf } from "../money.ts";
import { orderLines, unitWithModifiers } from "../order-lines.ts";
import { amount, flag, type PlainRecord, quantity, record, strings, text } from "../record.ts";
import type { StatusTable } from "../status-table.ts";
import { wholeSeconds } from "../time.ts";
import { orderSchema } from "./schemas.ts";

export type OlympusStatus = "open" | "sent" | "ready" | "completed" | "cancelled";

export const OLYMPUS_STATUS: StatusTable<OlympusStatus> = {
  pending: "open",
  accepted: "open",
  preparing: "sent",
  ready: "ready",
  in_delivery: "ready",
  completed: "completed",
  rejected: "cancelled",
  cancelled: "cancelled",
  failed: "cancelled",
};

const API_VERSION = "2026-01-01";

export const olympusBody = (type: string, data: unknown, event: CanonicalEvent, store: StoreFacts) => ({
  id: event.id,
  type,
  api_version: API_VERSION,
  created_at: wholeSeconds(event.createdAt),
  tenant_id: event.tenantId,
  location_id: store.id,
  data,
});

export function olympusOrder(order: OrderData) {
  const { exponent, fulfilment, totals } = order;
  return withExtensions(order, "olympus", orderSchema, {
    id: order.id,
    number: order.displayNumber,
    order_type: fulfilment?.type ?? null,
    // The document shows a table and a server on some orders and leaves them out of others.
    ...(fulfilment?.table != null && { table: fulfilment.table }),
    ...(fulfilment?.server != null && { server: fulfilment.server }),
    status: OLYMPUS_STATUS[order.status],
    items: orderLines<OlympusItem>(order, (item) => olympusItem(item, exponent), { free_text: true }),
    subtotal: decimal(totals.subtotalMinor, exponent),
    tax: decimal(totals.taxMinor, exponent),
    // Not in its examples, whose subtotal and tax make the total; without them such an order would not add up.
    ...(totals.deliveryFeeMinor !== 0 && { delivery_fee: decimal(totals.deliveryFeeMinor, exponent) }),
    ...(totals.discountMinor !== 0 && { discount: decimal(totals.discountMinor, exponent) }),
    total: decimal(totals.totalMinor, exponent),
    created_at: wholeSeconds(order.createdAt),
  });
}

type OlympusItem = ReturnType<typeof olympusItem> & { readonly free_text?: true };

function olympusItem(item: OrderItem, exponent: number) {
  const unitMinor = unitWithModifiers(item);
  return {
    id: item.id,
    menu_item_id: item.productId,
    name: item.name,
    quantity: item.quantity,
    unit_price: decimal(unitMinor, exponent),
    total: decimal(unitMinor * item.quantity, exponent),
  };
}

const price = (minor: unknown, exponent: number): number | null => {
  const value = amount(minor);
  return value === null ? null : decimal(value, exponent);
};

/** "payment.processed"; the others say besides, with `more`, what went wrong or why. */
export const olympusPayment =
  (...more: readonly ("error_code" | "reason")[]) =>
  (payment: PlainRecord, store: StoreFacts) => {
    const { exponent } = moneyOf(payment, store);
    const amountMinor = amount(payment.amountMinor);
    const tipMinor = amount(payment.tipMinor) ?? 0;
    const card = record(payment.card);
    return {
      id: text(payment.id),
      order_id: text(payment.orderId),
      method: text(payment.method),
      amount: price(amountMinor, exponent),
      tip: decimal(tipMinor, exponent),
      total: amountMinor === null ? null : decimal(amountMinor + tipMinor, exponent),
      card: card && { brand: text(card.brand), last4: text(card.last4) },
      transaction_id: text(payment.transactionId),
      ...(more.includes("error_code") && { error_code: text(payment.errorCode) }),
      ...(more.includes("reason") && { reason: text(payment.reason) }),
    };
  };

export const olympusInventory = (stock: PlainRecord) => ({
  id: text(stock.id),
  item_id: text(stock.itemId),
  name: text(stock.name),
  current_quantity: quantity(stock.currentQuantity),
  unit: text(stock.unit),
  reorder_level: quantity(stock.reorderLevel),
  reorder_quantity: quantity(stock.reorderQuantity),
});

export const itemUpdated = (product: PlainRecord, store: StoreFacts) => ({
  id: text(product.id),
  name: text(product.name),
  description: text(product.description),
  price: price(product.priceMinor, moneyOf(product, store).exponent),
  available: flag(product.available),
  category_id: text(product.categoryId),
  changed_fields: strings(product.changedFields),
});

export const itemAvailability = (product: PlainRecord) => ({
  id: text(product.id),
  name: text(product.name),
  available: flag(product.available),
});

export function priceChanged(product: PlainRecord, store: StoreFacts) {
  const { exponent } = moneyOf(product, store);
  return {
    id: text(product.id),
    name: text(product.name),
    price: price(product.priceMinor, exponent),
    previous_price: price(product.previousPriceMinor, exponent),
  };
}

export const hoursChanged = (location: PlainRecord, store: StoreFacts) => ({
  id: text(location.id) ?? store.id,
  name: text(location.name),
  hours: location.hours ?? null,
});

export const statusChanged = (location: PlainRecord, store: StoreFacts) => ({
  id: text(location.id) ?? store.id,
  name: text(location.name),
  status: text(location.status),
  previous_status: text(location.previousStatus),
  reason: text(location.reason),
});
