import type { Dice } from "./random.ts";
import type { DemoStore } from "./stores.ts";

const DISHES = [
  { productId: "dish-01", name: "Classic burger", unitMinor: 1190 },
  { productId: "dish-02", name: "Margherita", unitMinor: 1090 },
  { productId: "dish-03", name: "Arepa reina", unitMinor: 890 },
  { productId: "dish-04", name: "Greek salad", unitMinor: 950 },
  { productId: "dish-05", name: "Smørrebrød", unitMinor: 780 },
  { productId: "dish-06", name: "Fries", unitMinor: 390 },
  { productId: "dish-07", name: "Lemonade", unitMinor: 350 },
] as const;
const GUESTS = ["Ali", "Maria Nielsen", "Jane Smith", "José Peña", "Amina", "Søren", "Grace"] as const;
const NOTES = [null, null, "no onions", "extra napkins, please", "ring twice"] as const;
const DELIVERY_FEE_MINOR = 290;

/** A lunch order, as `POST /v1/orders` takes it. `number` makes it unique. */
export function lunchOrder(store: DemoStore, number: number, dice: Dice) {
  const items = Array.from({ length: dice.between(1, 3) }, () => {
    const dish = dice.pick(DISHES);
    const modifiers = dice.next() < 0.3 ? [{ id: "mod-01", name: "Large", quantity: 1, unitMinor: 200 }] : [];
    return { ...dish, quantity: dice.between(1, 2), modifiers };
  });
  const subtotalMinor = items.reduce(
    (sum, item) =>
      sum +
      item.quantity * (item.unitMinor + item.modifiers.reduce((more, { unitMinor }) => more + unitMinor, 0)),
    0,
  );
  const type = dice.pick(["delivery", "pickup", "dine_in"]);
  const deliveryFeeMinor = type === "delivery" ? DELIVERY_FEE_MINOR : 0;
  return {
    storeId: store.id,
    ...origin(store, number),
    displayNumber: String(1000 + number),
    customer: { name: dice.pick(GUESTS), phone: "+4520000000" },
    fulfilment: {
      type,
      ...(type === "delivery" ? { address: `Havnegade ${dice.between(1, 80)}` } : {}),
      ...(type === "dine_in" ? { table: `Table ${dice.between(1, 12)}` } : {}),
    },
    items,
    totals: { subtotalMinor, deliveryFeeMinor, totalMinor: subtotalMinor + deliveryFeeMinor },
    notes: dice.pick(NOTES),
  };
}
export type LunchOrder = ReturnType<typeof lunchOrder>;

/** MiPOS' orders come from a delivery app, Sela's out of a conversation, the others from the web or the till. */
function origin(store: DemoStore, number: number) {
  if (store.account === "arepa-norte") {
    return { channel: "app", source: { deliveryId: 7, externalId: `R-${1000 + number}` } };
  }
  if (store.account === "burger-souk") return { channel: "chat", conversationId: `conversation-${number}` };
  return { channel: store.account === "olympia-diner" ? "pos" : "web" };
}
