import type {
  CanonicalEventType,
  Channel,
  Customer,
  FieldError,
  Fulfilment,
  FulfilmentType,
  Modifier,
  Order,
  OrderItem,
  OrderStatus,
  Totals,
} from "@ticketrail/contracts";
import { invalidFields, Refusal } from "./error.ts";
import { isoTime, type NewId } from "./id.ts";
import type { Store } from "./store.ts";

/** contracts: "The canonical order", states. A state without moves is terminal. */
export const MOVES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ["accepted", "rejected", "cancelled", "failed"],
  accepted: ["preparing", "ready", "completed", "cancelled", "failed"],
  preparing: ["ready", "completed", "cancelled", "failed"],
  ready: ["in_delivery", "completed", "cancelled"],
  in_delivery: ["completed", "cancelled", "failed"],
  completed: [],
  rejected: [],
  cancelled: [],
  failed: [],
};

/** What entering a state causes beside `order.status_updated`. */
const ENTERED: Readonly<Partial<Record<OrderStatus, CanonicalEventType>>> = {
  accepted: "order.approved",
  preparing: "order.sent",
  ready: "order.ready",
  completed: "order.completed",
  rejected: "order.rejected",
  cancelled: "order.cancelled",
  failed: "order.cancelled",
};

/** A change of an order, with what it causes, in order. */
export interface OrderChange {
  readonly order: Order;
  readonly events: readonly { readonly type: CanonicalEventType; readonly data: Order }[];
}

export interface OrderItemInput {
  readonly productId?: string | null;
  readonly name: string;
  readonly quantity: number;
  readonly unitMinor: number;
  readonly notes?: string | null;
  readonly modifiers?: readonly {
    readonly id?: string | null;
    readonly name: string;
    readonly quantity: number;
    readonly unitMinor: number;
  }[];
}

export interface TotalsInput {
  readonly subtotalMinor: number;
  readonly taxMinor?: number;
  readonly deliveryFeeMinor?: number;
  readonly discountMinor?: number;
  readonly totalMinor: number;
}

/** The body of `POST /v1/orders`, without the store. */
export interface OrderInput {
  readonly channel?: Channel;
  readonly source?: {
    readonly contract?: string | null;
    readonly deliveryId?: string | number | null;
    readonly externalId?: string | null;
  };
  readonly displayNumber?: string;
  readonly customer?: {
    readonly id?: string | null;
    readonly name: string;
    readonly phone?: string | null;
    readonly email?: string | null;
  } | null;
  readonly fulfilment?: {
    readonly type: FulfilmentType;
    readonly address?: string | null;
    readonly table?: string | null;
    readonly server?: { readonly id: string; readonly name: string } | null;
  } | null;
  readonly items: readonly OrderItemInput[];
  readonly totals: TotalsInput;
  readonly notes?: string | null;
  readonly summary?: string | null;
  readonly conversationId?: string | null;
}

/** A new pending order and its `order.created`. Throws `invalid_request` where the input contradicts itself. */
export function createOrder(
  input: OrderInput,
  store: Store,
  id: string,
  newId: NewId,
  now: number,
): OrderChange {
  refuse(checkItems(input.items, input.summary ?? null));
  const at = isoTime(now);
  const order: Order = {
    id,
    displayNumber: input.displayNumber ?? id.slice(-6).toUpperCase(),
    tenantId: store.tenantId,
    storeId: store.id,
    source: {
      contract: input.source?.contract ?? null,
      deliveryId: textOf(input.source?.deliveryId),
      externalId: input.source?.externalId ?? null,
    },
    channel: input.channel ?? "web",
    status: "pending",
    version: 1,
    customer: customerOf(input.customer),
    fulfilment: fulfilmentOf(input.fulfilment),
    items: itemsOf(input.items, newId),
    summary: input.summary ?? null,
    conversationId: input.conversationId ?? null,
    totals: totalsOf(input.totals),
    currency: store.currency,
    exponent: store.exponent,
    payments: [],
    notes: input.notes ?? null,
    posRef: null,
    reason: null,
    createdAt: at,
    updatedAt: at,
    acceptBy: isoTime(now + store.acceptWithinMinutes * 60_000),
    timestamps: { pending: at },
    extensions: {},
  };
  return { order, events: [{ type: "order.created", data: order }] };
}

/**
 * Moves an order to a state. The present state again is a no-op (null), save that a `posRef` that was not there is
 * taken. Throws `invalid_transition`, naming the allowed moves.
 */
export function moveOrder(
  order: Order,
  move: { readonly to: OrderStatus; readonly reason: string | null; readonly posRef: string | null },
  now: number,
): OrderChange | null {
  if (move.to === order.status) {
    if (order.posRef !== null || move.posRef === null) return null;
    return { order: changed(order, { posRef: move.posRef }, now), events: [] };
  }
  const allowed = MOVES[order.status];
  if (!allowed.includes(move.to)) {
    const moves = allowed.length > 0 ? `it can go to ${allowed.join(", ")}` : "that state is final";
    throw new Refusal(
      "invalid_transition",
      `The order is ${order.status} and cannot become ${move.to}: ${moves}.`,
      { fields: [{ field: "to", problem: `must be one of: ${allowed.join(", ") || "none"}` }] },
    );
  }
  const next = changed(
    order,
    {
      status: move.to,
      posRef: move.posRef ?? order.posRef,
      // Of this state: why it was accepted is not why it was cancelled.
      reason: move.reason,
      acceptBy: null,
      timestamps: { ...order.timestamps, [move.to]: isoTime(now) },
    },
    now,
  );
  const own = ENTERED[move.to];
  const withChange = { ...next, previousStatus: order.status };
  return {
    order: next,
    events: [
      { type: "order.status_updated", data: withChange },
      ...(own ? [{ type: own, data: withChange }] : []),
    ],
  };
}

export interface OrderEdit {
  readonly items?: readonly OrderItemInput[];
  readonly totals?: TotalsInput;
  readonly notes?: string | null;
}

/** Edits an order that is not settled; causes `order.updated`. */
export function editOrder(order: Order, edit: OrderEdit, newId: NewId, now: number): OrderChange {
  if (MOVES[order.status].length === 0) {
    throw new Refusal("conflict", `The order is ${order.status}: a settled order is not edited.`);
  }
  if (edit.items) refuse(checkItems(edit.items, order.summary));
  const next = changed(
    order,
    {
      ...(edit.items ? { items: itemsOf(edit.items, newId) } : {}),
      ...(edit.totals ? { totals: totalsOf(edit.totals) } : {}),
      ...(edit.notes === undefined ? {} : { notes: edit.notes }),
    },
    now,
  );
  return { order: next, events: [{ type: "order.updated", data: next }] };
}

const changed = (order: Order, changes: Partial<Order>, now: number): Order => ({
  ...order,
  ...changes,
  version: order.version + 1,
  updatedAt: isoTime(now),
});

/** What a schema cannot say of items. `unitMinor` × quantities must stay a safe integer, and no item may be negative. */
function checkItems(items: readonly OrderItemInput[], summary: string | null): FieldError[] {
  const problems: FieldError[] = [];
  if (items.length === 0 && !summary) {
    problems.push({ field: "items", problem: "must not be empty where there is no summary" });
  }
  items.forEach((item, index) => {
    const unit = unitOf(item);
    if (unit === null || !Number.isSafeInteger(unit * item.quantity)) {
      problems.push({ field: `items.${index}`, problem: "comes to more than 2^53 − 1 minor units" });
    } else if (unit < 0) {
      problems.push({
        field: `items.${index}.modifiers`,
        problem: "must not make the item's price negative",
      });
    }
  });
  return problems;
}

/** With its modifiers; null where a sum on the way there is not exact, whatever it would come to in the end. */
function unitOf({ unitMinor, modifiers = [] }: OrderItemInput): number | null {
  let unit = unitMinor;
  for (const modifier of modifiers) {
    const each = modifier.quantity * modifier.unitMinor;
    unit += each;
    if (!Number.isSafeInteger(each) || !Number.isSafeInteger(unit)) return null;
  }
  return unit;
}

function refuse(problems: readonly FieldError[]): void {
  if (problems.length > 0) throw invalidFields(problems);
}

const textOf = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

const itemsOf = (items: readonly OrderItemInput[], newId: NewId): OrderItem[] =>
  items.map((item) => ({
    id: newId("itm_"),
    productId: item.productId ?? null,
    name: item.name,
    quantity: item.quantity,
    unitMinor: item.unitMinor,
    notes: item.notes ?? null,
    modifiers: (item.modifiers ?? []).map(
      (m): Modifier => ({ id: m.id ?? null, name: m.name, quantity: m.quantity, unitMinor: m.unitMinor }),
    ),
  }));

const totalsOf = (totals: TotalsInput): Totals => ({
  subtotalMinor: totals.subtotalMinor,
  taxMinor: totals.taxMinor ?? 0,
  deliveryFeeMinor: totals.deliveryFeeMinor ?? 0,
  discountMinor: totals.discountMinor ?? 0,
  totalMinor: totals.totalMinor,
});

const customerOf = (customer: OrderInput["customer"]): Customer | null =>
  customer
    ? {
        id: customer.id ?? null,
        name: customer.name,
        phone: customer.phone ?? null,
        email: customer.email ?? null,
      }
    : null;

const fulfilmentOf = (fulfilment: OrderInput["fulfilment"]): Fulfilment | null =>
  fulfilment
    ? {
        type: fulfilment.type,
        address: fulfilment.address ?? null,
        table: fulfilment.table ?? null,
        server: fulfilment.server ?? null,
      }
    : null;
