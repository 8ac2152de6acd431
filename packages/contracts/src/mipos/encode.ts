import type { Order, OrderItem, StoreFacts } from "../canonical.ts";
import { withExtensions } from "../extensions.ts";
import { hundredths } from "../money.ts";
import { orderLines, unitWithModifiers } from "../order-lines.ts";
import { list, type PlainRecord, record, snakeCase, text } from "../record.ts";
import type { StatusTable } from "../status-table.ts";
import { wholeSeconds } from "../time.ts";
import { orderSchema } from "./schemas.ts";

/** MiPOS publishes no statuses; it asks whether an order has been accepted or denied. */
export type MiposStatus = "not_acknowledged" | "accepted" | "denied";

export const MIPOS_STATUS: StatusTable<MiposStatus> = {
  pending: "not_acknowledged",
  accepted: "accepted",
  preparing: "accepted",
  ready: "accepted",
  in_delivery: "accepted",
  completed: "accepted",
  rejected: "denied",
  cancelled: "denied",
  failed: "denied",
};

/** The document's "Order": the body of an ORDER webhook and a row of the list. Amounts are × 100 in any currency. */
export function miposOrder(order: Order, store: StoreFacts) {
  const { exponent, totals } = order;
  const deliveryId = platformNumber(order);
  return withExtensions(order, "mipos", orderSchema, {
    external_id: deliveryId === 0 ? order.id : (order.source.externalId ?? order.id),
    created_at: wholeSeconds(order.createdAt),
    total: sourceTotal(order) ?? hundredths(totals.totalMinor + totals.discountMinor, exponent),
    customer: order.customer?.name ?? "",
    store_id: store.id,
    external_store_id: store.externalId,
    order_number: order.displayNumber,
    instructions: order.notes ?? "",
    items: orderLines<MiposItem>(order, (item) => miposItem(item, exponent), { free_text: true }),
    discount_value: hundredths(totals.discountMinor, exponent),
    delivery_id: deliveryId,
  });
}

/**
 * The delivery platform, which accept and deny take back with the platform's id of the order. 0, with our own id,
 * where there is no platform, none that is a number, or no id of it.
 */
function platformNumber({ source: { deliveryId, externalId } }: Order): number {
  if (deliveryId === null || externalId === null) return 0;
  const number = Number(deliveryId);
  return number > 0 && Number.isSafeInteger(number) && String(number) === deliveryId ? number : 0;
}

/** `total` before the discount, as MiPOS itself gave it; what the customer pays need not add up to it. */
function sourceTotal({ source, extensions }: Order): number | null {
  const total = source.contract === "mipos" ? extensions.mipos?.total : undefined;
  return Number.isSafeInteger(total) ? Number(total) : null;
}

type MiposItem = ReturnType<typeof miposItem> & { readonly free_text?: true };

function miposItem(item: OrderItem, exponent: number) {
  const unitMinor = unitWithModifiers(item);
  return {
    external_id: item.productId ?? "",
    name: item.name,
    quantity: item.quantity,
    unit_value: hundredths(item.unitMinor, exponent),
    total_unit_value: hundredths(unitMinor, exponent),
    total_value: hundredths(unitMinor * item.quantity, exponent),
    instructions: item.notes ?? "",
    modifiers: item.modifiers.map((modifier) => ({
      external_id: modifier.id ?? "",
      name: modifier.name,
      quantity: modifier.quantity,
      unit_value: hundredths(modifier.unitMinor, exponent),
      // Of one unit of the item, as the document's example has it.
      total_value: hundredths(modifier.unitMinor * modifier.quantity, exponent),
    })),
  };
}

/** A MENU body, shaped as the menu that is uploaded. */
export const miposMenu = (menu: PlainRecord, store: StoreFacts) => ({
  store_id: store.id,
  external_store_id: store.externalId,
  integration_id: text(menu.integrationId),
  menus: snakeRecords(menu.menus, store),
  categories: snakeRecords(menu.categories, store),
  items: snakeRecords(menu.items, store),
  modifier_groups: snakeRecords(menu.modifierGroups, store),
});

const snakeRecords = (records: unknown, store: StoreFacts): readonly unknown[] =>
  list(records)
    .filter((entry) => record(entry) !== null)
    .map((entry) => snake(entry, store));

/** Field names in snake case at every depth; `priceMinor` becomes `price`, × 100. */
function snake(value: unknown, store: StoreFacts): unknown {
  if (Array.isArray(value)) return value.map((entry) => snake(entry, store));
  const fields = record(value);
  if (fields === null) return value;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => snakeField(name, field, store)));
}

const snakeField = (name: string, value: unknown, store: StoreFacts): [string, unknown] =>
  /.Minor$/.test(name) && Number.isSafeInteger(value)
    ? [snakeCase(name.slice(0, -"Minor".length)), hundredths(Number(value), store.exponent)]
    : [snakeCase(name), snake(value, store)];
