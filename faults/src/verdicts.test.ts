import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bodyFault, CONTRACTS, type ContractName, numberIn, orderBody } from "./orders.ts";
import { isGenuine } from "./signatures.ts";

const STORE = { tag: "A", id: "store_1" };
const NUMBER = "A-4";
/** Two of 248 minor units. */
const ITEM = { name: `Soup ${NUMBER}.` };

/** What each contract's document makes of that order. */
const BODIES: Readonly<Record<ContractName, object>> = {
  sela: { event: "order.created", data: { orderSummary: `2× Soup ${NUMBER}.` } },
  mipos: { store_id: STORE.id, total: 496, items: [ITEM] },
  olympus: { location_id: STORE.id, data: { total: 4.96, items: [ITEM] } },
  ordeliya: { storeId: STORE.id, data: { totalMinor: 496, items: [ITEM] } },
  standard: { storeId: STORE.id, data: { totals: { totalMinor: 496 }, items: [ITEM] } },
};

test("an order's body carries its number, and what follows from it", () => {
  const body = orderBody(STORE.id, NUMBER);
  expect(numberIn(body)).toBe(NUMBER);
  expect(JSON.parse(body).totals.totalMinor).toBe(496);
});

describe.each(CONTRACTS)("%s", (contract) => {
  const body = JSON.stringify(BODIES[contract]);

  test("the right body at the right store has no fault", () => {
    expect(bodyFault(contract, body, STORE)).toBeNull();
  });

  test("another order's content, or none, is a fault of the body", () => {
    expect(bodyFault(contract, body.replace("A-4", "A-5"), STORE)).toBe("body");
    expect(bodyFault(contract, "{}", STORE)).toBe("body");
  });

  test("another store's order is a fault of the store", () => {
    expect(bodyFault(contract, body, { tag: "B", id: STORE.id })).toBe("store");
    if (contract !== "sela") expect(bodyFault(contract, body, { tag: "A", id: "store_2" })).toBe("store");
  });
});

describe("a signature", () => {
  const now = Date.UTC(2026, 0, 18, 10, 30);
  const stamp = String(now / 1_000);
  const mac = createHmac("sha256", "secret").update(`${stamp}.body`).digest("hex");
  const headers = { "x-webhook-timestamp": stamp, "x-webhook-signature": mac };

  test("of this secret, this body and this moment is genuine", () => {
    expect(isGenuine("ordeliya", headers, "body", "secret", [now])).toBe(true);
  });

  test("of another secret, another body or another time is not", () => {
    expect(isGenuine("ordeliya", headers, "body", "other", [now])).toBe(false);
    expect(isGenuine("ordeliya", headers, "Body", "secret", [now])).toBe(false);
    expect(isGenuine("ordeliya", headers, "body", "secret", [now + 60_000])).toBe(false);
    expect(isGenuine("ordeliya", {}, "body", "secret", [now])).toBe(false);
  });
});
