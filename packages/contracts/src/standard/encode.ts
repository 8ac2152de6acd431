import type { CanonicalEvent, StoreFacts } from "../canonical.ts";
import type { OrderData } from "../catalogue.ts";
import { withExtensions } from "../extensions.ts";
import { orderSchema } from "../order-schema.ts";

/** docs/conformance.md, "Management APIs", Standard. */
export const standardBody = (type: string, data: unknown, event: CanonicalEvent, store: StoreFacts) => ({
  id: event.id,
  type,
  timestamp: event.createdAt,
  storeId: store.id,
  data,
});

/** The canonical order, without what other contracts alone may see. */
export function standardOrder(order: OrderData) {
  const { extensions: _extensions, ...own } = order;
  return withExtensions(order, "standard", orderSchema, own);
}
