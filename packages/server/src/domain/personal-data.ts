import type { Order } from "@ticketrail/contracts";

/** What stays of an order when the payloads that told of it are gone: what was sold, and what became of it, and why. */
export const withoutPersonalData = (order: Order): Order => ({
  ...order,
  customer: null,
  fulfilment: order.fulfilment && { ...order.fulfilment, address: null, server: null },
  items: order.items.map((item) => ({ ...item, notes: null })),
  // Free text, and what was never looked at.
  summary: null,
  notes: null,
  conversationId: null,
  extensions: {},
});
