/**
 * Orders whose number says all about them: what is in the order follows from it, so that a receiver can tell from one
 * body whether it is what was meant, without asking anybody.
 */
export const CONTRACTS = ["sela", "mipos", "olympus", "ordeliya", "standard"] as const;
export type ContractName = (typeof CONTRACTS)[number];

/** Each contract's own name of the event that a new order causes. */
export const NEW_ORDER: Readonly<Record<ContractName, string>> = {
  sela: "order.created",
  mipos: "ORDER",
  olympus: "order.created",
  ordeliya: "order.created",
  standard: "order.created",
};

export const numberOf = (storeTag: string, sequence: number): string => `${storeTag}-${sequence}`;
export const tagOf = (number: string): string => number.slice(0, number.indexOf("-"));

function contentOf(number: string): { quantity: number; totalMinor: number; unitMinor: number } {
  const sequence = Number(number.slice(number.indexOf("-") + 1));
  const quantity = 1 + (sequence % 3);
  const unitMinor = 100 + ((sequence * 37) % 900);
  return { quantity, unitMinor, totalMinor: quantity * unitMinor };
}

const itemName = (number: string): string => `Soup ${number}.`;

/** The body of `POST /v1/orders`. */
export function orderBody(storeId: string, number: string): string {
  const { quantity, unitMinor, totalMinor } = contentOf(number);
  return JSON.stringify({
    storeId,
    displayNumber: number,
    items: [{ name: itemName(number), quantity, unitMinor }],
    totals: { subtotalMinor: totalMinor, totalMinor },
  });
}

export const numberIn = (body: string): string | null => /Soup ([A-Z]+-\d+)\./.exec(body)?.[1] ?? null;

// biome-ignore lint/suspicious/noExplicitAny: bodies of five shapes; what is missing makes the comparison fail
type Body = any;

/** What each contract's body must say of an order and of its store; Sela's names no store and no amount. */
const SAYS: Readonly<
  Record<ContractName, (body: Body) => { storeId: string | null; total: number | string }>
> = {
  sela: ({ data }) => ({ storeId: null, total: data.orderSummary }),
  mipos: (body) => ({ storeId: body.store_id, total: body.total }),
  olympus: ({ location_id, data }) => ({ storeId: location_id, total: Math.round(data.total * 100) }),
  ordeliya: ({ storeId, data }) => ({ storeId, total: data.totalMinor }),
  standard: ({ storeId, data }) => ({ storeId, total: data.totals.totalMinor }),
};

/** What is wrong with a body that arrived at an endpoint of that store; null: nothing. */
export function bodyFault(
  contract: ContractName,
  text: string,
  store: { readonly tag: string; readonly id: string },
): "store" | "body" | null {
  const number = numberIn(text);
  if (number === null) return "body";
  if (tagOf(number) !== store.tag) return "store";
  const { quantity, totalMinor } = contentOf(number);
  const wanted =
    contract === "sela"
      ? `${quantity === 1 ? "" : `${quantity}× `}${itemName(number)}`
      : (totalMinor as number | string);
  try {
    const { storeId, total } = SAYS[contract](JSON.parse(text));
    if (storeId !== null && storeId !== store.id) return "store";
    return total === wanted ? null : "body";
  } catch {
    return "body";
  }
}
