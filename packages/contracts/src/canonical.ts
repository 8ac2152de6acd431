/**
 * The canonical record: what every contract is encoded from and parsed into.
 * Money is an integer of minor units; the currency's exponent says where its point stands.
 * Times are ISO 8601 in UTC with milliseconds.
 */

export const ORDER_STATUSES = [
  "pending",
  "accepted",
  "preparing",
  "ready",
  "in_delivery",
  "completed",
  "rejected",
  "cancelled",
  "failed",
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const CHANNELS = ["web", "app", "pos", "phone", "chat", "kiosk", "qr"] as const;
export type Channel = (typeof CHANNELS)[number];

export const FULFILMENT_TYPES = ["delivery", "pickup", "curbside", "dine_in"] as const;
export type FulfilmentType = (typeof FULFILMENT_TYPES)[number];

export interface Money {
  /** ISO 4217 code. */
  readonly currency: string;
  /** Digits after the point: 2 for EUR, 0 for JPY, 3 for IQD. */
  readonly exponent: number;
}

export interface Modifier {
  readonly id: string | null;
  readonly name: string;
  readonly quantity: number;
  /** May be negative while the item with its modifiers is not. */
  readonly unitMinor: number;
}

export interface OrderItem {
  /** Ours, unique within the order. */
  readonly id: string;
  readonly productId: string | null;
  readonly name: string;
  readonly quantity: number;
  /** Without modifiers. */
  readonly unitMinor: number;
  readonly notes: string | null;
  readonly modifiers: readonly Modifier[];
}

export interface Totals {
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly deliveryFeeMinor: number;
  readonly discountMinor: number;
  /** What the customer pays. */
  readonly totalMinor: number;
}

export interface Customer {
  readonly id: string | null;
  readonly name: string;
  readonly phone: string | null;
  readonly email: string | null;
}

export interface Fulfilment {
  readonly type: FulfilmentType;
  readonly address: string | null;
  readonly table: string | null;
  readonly server: { readonly id: string; readonly name: string } | null;
}

/** Where an order came from; its three parts together make it unique within its store. */
export interface OrderSource {
  readonly contract: string | null;
  /** The delivery platform; "7" and 7 are the same. */
  readonly deliveryId: string | null;
  readonly externalId: string | null;
}

export interface Payment {
  readonly id: string;
  readonly orderId: string | null;
  readonly status: "pending" | "completed" | "failed" | "refunded" | "voided";
  readonly method: string | null;
  readonly amountMinor: number;
  readonly tipMinor: number;
  readonly currency: string;
  readonly provider: string | null;
  readonly transactionId: string | null;
  readonly card: { readonly brand: string | null; readonly last4: string } | null;
  readonly errorCode: string | null;
  readonly reason: string | null;
}

export interface Order extends Money {
  readonly id: string;
  readonly displayNumber: string;
  readonly tenantId: string;
  readonly storeId: string;
  readonly source: OrderSource;
  readonly channel: Channel;
  readonly status: OrderStatus;
  /** 1 when created, one more at each change. */
  readonly version: number;
  readonly customer: Customer | null;
  readonly fulfilment: Fulfilment | null;
  readonly items: readonly OrderItem[];
  /** The order in one line of text, where the source gave no items. */
  readonly summary: string | null;
  readonly conversationId: string | null;
  readonly totals: Totals;
  readonly payments: readonly Payment[];
  readonly notes: string | null;
  /** The point of sale's own id of the order; null until somebody sets it. */
  readonly posRef: string | null;
  /** Why it was rejected, cancelled or failed. */
  readonly reason: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The deadline for acceptance. */
  readonly acceptBy: string | null;
  /** When each state was entered. */
  readonly timestamps: Readonly<Partial<Record<OrderStatus, string>>>;
  /** Unknown inbound fields, by contract; they go out again in the contract they came from alone. */
  readonly extensions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * One name per meaning: the union of the four catalogues.
 * Every status change causes `order.status_updated`, and besides it the name of its own where a catalogue has one.
 */
export const CANONICAL_EVENTS = [
  "order.created",
  "order.updated",
  "order.status_updated",
  "order.approved",
  "order.rejected",
  "order.sent",
  "order.ready",
  "order.completed",
  "order.cancelled",
  "payment.succeeded",
  "payment.failed",
  "payment.refunded",
  "payment.voided",
  "inventory.low_stock",
  "inventory.out_of_stock",
  "inventory.updated",
  "menu.published",
  "menu.item_availability",
  "menu.price_changed",
  "product.created",
  "product.updated",
  "location.hours_changed",
  "location.status_changed",
  "customer.created",
  "customer.updated",
  "reservation.created",
  "reservation.confirmed",
  "reservation.cancelled",
  "endpoint.deactivated",
] as const;
export type CanonicalEventType = (typeof CANONICAL_EVENTS)[number];

/** The `data` of `order.status_updated`; every other order event carries the order alone. */
export interface OrderWithChange extends Order {
  readonly previousStatus: OrderStatus | null;
}

/** What happened, once, in our words. `data` is an Order for `order.*`, a plain object for the rest. */
export interface CanonicalEvent {
  readonly id: string;
  readonly type: CanonicalEventType;
  readonly tenantId: string;
  readonly storeId: string;
  readonly createdAt: string;
  readonly data: Order | OrderWithChange | Readonly<Record<string, unknown>>;
}

/** What an encoder may know of the store beside the event. */
export interface StoreFacts extends Money {
  readonly id: string;
  readonly tenantId: string;
  /** The store's id at its point of sale. */
  readonly externalId: string | null;
}
