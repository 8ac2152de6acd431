import { expect, it } from "vitest";
import { ledgerRow } from "./ledger.mjs";

const received = { distinct: 29, duplicates: 2, checked: 10, wrong: 1 };

it("a ledger's row says whether both sides agree, what came twice and what is missing", () => {
  const hub = { delivered: 29, pending: 1, dead: 0 };
  expect(ledgerRow("s", { agrees: false, expected: 30, received, hub })).toEqual({
    scenario: "s",
    figure: "LEDGER DISAGREES",
    value: 30,
    unit: "deliveries",
    note: "received 29 (+2 again), the hub says 29 delivered, 1 pending, 0 dead; 9 of 10 signatures right",
  });
  expect(ledgerRow("s", { agrees: true, expected: 29, received, hub: null })).toMatchObject({
    figure: "ledger agrees",
    note: expect.stringContaining("was not asked"),
  });
});
