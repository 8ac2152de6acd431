import { MARKER, SEQUENCE } from "../wire/template.mjs";

/** The type of the bench's events. */
export const TOPIC = "order.created";

/** An order of three items, about 700 bytes, as a platform with a record of its own sends it. */
export function order() {
  const item = (/** @type {string} */ name, /** @type {number} */ unitMinor) => ({
    productId: `prod_${name.length}kx2m4n7`,
    name,
    quantity: 2,
    unitMinor,
    modifiers: [],
  });
  return {
    id: `order-${SEQUENCE}`,
    displayNumber: "2026-0148",
    channel: "web",
    customer: { id: "cust_n3k7m2", name: "Maria Nielsen", phone: "+4520123456", email: "maria@example.dk" },
    fulfilment: { type: "delivery", address: "Havnegade 12, 1058 København K" },
    items: [item(`Margherita ${MARKER}`, 8900), item("Garlic bread", 3900), item("Lemonade", 2500)],
    totals: { subtotalMinor: 30600, taxMinor: 6120, deliveryFeeMinor: 2900, totalMinor: 33500 },
    notes: "Ring twice, the bell is slow",
  };
}
