/** An order's lines as the contracts show them. */
import type { Order, OrderItem } from "./canonical.ts";

/** One unit of the item with its modifiers, so that quantity × unit = the line's total. */
export function unitWithModifiers(item: OrderItem): number {
  let unitMinor = item.unitMinor;
  for (const modifier of item.modifiers) unitMinor += modifier.quantity * modifier.unitMinor;
  return unitMinor;
}

/**
 * The order's items, each as `line` shows it. An order that has a summary alone becomes one line of that text,
 * priced 0 and with `mark` on it: a price is never invented.
 */
export function orderLines<Line extends object>(
  order: Order,
  line: (item: OrderItem) => Line,
  mark: Partial<Line>,
): Line[] {
  if (order.items.length > 0 || order.summary === null) return order.items.map(line);
  return [{ ...line(freeText(order.summary)), ...mark }];
}

const freeText = (summary: string): OrderItem => ({
  id: "free_text",
  productId: null,
  name: summary,
  quantity: 1,
  unitMinor: 0,
  notes: null,
  modifiers: [],
});

/** The order in one line: its own summary, or `2× Classic Burger (extra cheese), Fries`. */
export const orderSummary = (order: Order): string =>
  order.summary ?? order.items.map(itemSummary).join(", ");

function itemSummary(item: OrderItem): string {
  const line = counted(item);
  return item.modifiers.length === 0 ? line : `${line} (${item.modifiers.map(counted).join(", ")})`;
}

const counted = ({ quantity, name }: { readonly quantity: number; readonly name: string }): string =>
  quantity === 1 ? name : `${quantity}× ${name}`;
