/** What one contract shows otherwise than another. */
import { describe, expect, it } from "vitest";
import { type CanonicalEventType, ORDER_STATUSES, type Order } from "./canonical.ts";
import { event, item, order, STORE } from "./fixtures/orders.ts";
import { mipos } from "./mipos/index.ts";
import { olympus } from "./olympus/index.ts";
import { ORDELIYA_STATUS } from "./ordeliya/encode.ts";
import { ordeliya } from "./ordeliya/index.ts";
import { contractNamed } from "./registry.ts";
import { SELA_STATUS } from "./sela/encode.ts";
import { sela } from "./sela/index.ts";
import { standard } from "./standard/index.ts";
import { statusesCalled } from "./status-table.ts";

const body = (contract: typeof sela, data: Order, type: CanonicalEventType = "order.created") =>
  JSON.parse(contract.encode(event(type, data), STORE)?.body ?? "null");

const bacon = { id: "m1", name: "Bacon", quantity: 2, unitMinor: 150 };
const withBacon = order({
  items: [item({ modifiers: [bacon] }), item({ name: "Fries", quantity: 1, modifiers: [] })],
});

describe("a status change", () => {
  it.each([
    ["order.approved", "accepted", ["sela order.approved", "olympus order.updated"]],
    ["order.sent", "preparing", ["olympus order.sent"]],
    ["order.ready", "ready", ["olympus order.ready"]],
    [
      "order.completed",
      "completed",
      ["sela order.arrived", "olympus order.completed", "ordeliya order.completed"],
    ],
    [
      "order.rejected",
      "rejected",
      ["sela order.rejected", "olympus order.cancelled", "ordeliya order.cancelled"],
    ],
    ["order.cancelled", "failed", ["olympus order.cancelled", "ordeliya order.cancelled"]],
    ["order.status_updated", "in_delivery", ["ordeliya order.status_updated"]],
  ] as const)("that causes %s (%s) goes out as %j", (type, status, expected) => {
    const sent = ["sela", "mipos", "olympus", "ordeliya"].flatMap((name) => {
      const encoded = contractNamed(name)?.encode(event(type, order({ status })), STORE) ?? null;
      return encoded === null ? [] : [`${name} ${encoded.type}`];
    });
    expect(sent).toEqual(expected);
  });

  it("is told in each contract's own words", () => {
    const told = ORDER_STATUSES.map((status) => [
      body(sela, order({ status })).data.status,
      body(olympus, order({ status })).data.status,
      body(ordeliya, order({ status })).data.status,
    ]);
    expect(told).toEqual([
      ["pending", "open", "RECEIVED"],
      ["approved", "open", "CONFIRMED"],
      ["approved", "sent", "PREPARING"],
      ["approved", "ready", "READY"],
      ["approved", "ready", "ON_THE_WAY"],
      ["arrived", "completed", "COMPLETED"],
      ["rejected", "cancelled", "CANCELLED"],
      ["cancelled", "cancelled", "CANCELLED"],
      ["failed", "cancelled", "CANCELLED"],
    ]);
    expect(statusesCalled(SELA_STATUS, "approved")).toEqual([
      "accepted",
      "preparing",
      "ready",
      "in_delivery",
    ]);
    expect(statusesCalled(ORDELIYA_STATUS, "CANCELLED")).toEqual(["rejected", "cancelled", "failed"]);
  });
});

describe("Sela", () => {
  it("puts the items and their modifiers into one line where there is no summary", () => {
    expect(body(sela, withBacon).data.orderSummary).toBe("2× Classic Burger (2× Bacon), Fries");
    expect(body(sela, order({ summary: "as said" })).data.orderSummary).toBe("as said");
  });
});

describe("MiPOS", () => {
  const source = (deliveryId: string | null, externalId: string | null) => {
    const { delivery_id, external_id } = body(
      mipos,
      order({ source: { contract: null, deliveryId, externalId } }),
    );
    return [delivery_id, external_id];
  };

  it("names the platform by number and the order by the platform's id, or else 0 and our id", () => {
    expect(source("7", "R-1")).toEqual([7, "R-1"]);
    for (const [deliveryId, externalId] of [
      [null, "R-1"],
      ["7", null],
      ["0", "R-1"],
      ["abc", "R-1"],
      ["7.5", "R-1"],
    ] as const)
      expect(source(deliveryId, externalId)).toEqual([0, "order_456"]);
  });

  it("has a modifier's total for one unit of its item, and the item's with all of them", () => {
    expect(body(mipos, withBacon).items[0]).toMatchObject({
      unit_value: 1499,
      total_unit_value: 1799,
      total_value: 3598,
      modifiers: [{ unit_value: 150, total_value: 300 }],
    });
  });

  it("has amounts × 100 in every currency", () => {
    const totals = { ...order().totals, totalMinor: 12_345, discountMinor: 0 };
    expect(body(mipos, order({ currency: "IQD", exponent: 3, totals })).total).toBe(1235);
    expect(body(mipos, order({ currency: "JPY", exponent: 0, totals })).total).toBe(1_234_500);
  });

  it("has as total what the customer pays plus the discount, unless MiPOS itself gave another", () => {
    const totals = { ...order().totals, totalMinor: 25_000, discountMinor: 800 };
    const given = { source: { contract: "mipos", deliveryId: "1", externalId: "R" }, totals };
    expect(body(mipos, order({ totals }))).toMatchObject({ total: 25_800, discount_value: 800 });
    expect(body(mipos, order(given)).total).toBe(25_800);
    const extensions = { mipos: { total: 26_000, total_with_discount: 25_000 } };
    expect(body(mipos, order({ ...given, extensions }))).toMatchObject({
      total: 26_000,
      total_with_discount: 25_000,
    });
    expect(body(mipos, order({ totals, extensions })).total).toBe(25_800);
  });

  it("sends a menu in snake case, its prices × 100", () => {
    const items = [
      { id: "a", priceMinor: 12_345, modifierGroupIds: ["b"], nested: { maxCount: 1 } },
      "no item",
    ];
    const store = { ...STORE, currency: "IQD", exponent: 3 };
    const encoded = mipos.encode(event("menu.published", { items, integrationId: "9" }), store);
    expect(JSON.parse(encoded?.body ?? "null")).toEqual({
      store_id: STORE.id,
      external_store_id: "900",
      integration_id: "9",
      menus: [],
      categories: [],
      items: [{ id: "a", price: 1235, modifier_group_ids: ["b"], nested: { max_count: 1 } }],
      modifier_groups: [],
    });
  });
});

describe("Olympus", () => {
  it("has the modifiers in an item's price, so that quantity × unit is its total", () => {
    expect(body(olympus, withBacon).data.items[0]).toMatchObject({ unit_price: 17.99, total: 35.98 });
  });

  it("shows a fee and a discount where there are any", () => {
    const totals = { ...order().totals, deliveryFeeMinor: 299, discountMinor: 100 };
    expect(body(olympus, order({ totals })).data).toMatchObject({ delivery_fee: 2.99, discount: 1 });
    expect(body(olympus, order()).data).not.toHaveProperty("delivery_fee");
  });

  it("leaves a field out that it knows, whatever came with the order under that name", () => {
    const extensions = { olympus: { table: "forged", tier: "gold" } };
    expect(body(olympus, order({ extensions })).data).toMatchObject({ tier: "gold" });
    expect(body(olympus, order({ extensions })).data).not.toHaveProperty("table");
  });

  it("has decimals of the currency's own exponent", () => {
    const totals = { ...order().totals, totalMinor: 12_345 };
    expect(body(olympus, order({ currency: "IQD", exponent: 3, totals })).data.total).toBe(12.345);
    expect(body(olympus, order({ currency: "JPY", exponent: 0, totals })).data.total).toBe(12_345);
    const payment = { orderId: null, amountMinor: 12_345, currency: "KWD" };
    const encoded = olympus.encode(event("payment.succeeded", payment), STORE);
    expect(JSON.parse(encoded?.body ?? "null").data).toMatchObject({ amount: 12.345, tip: 0, card: null });
  });
});

describe("Ordeliya", () => {
  it("says why an order was cancelled, and where nobody said why, in what way", () => {
    const cancelled = (status: Order["status"], reason: string | null) =>
      body(ordeliya, order({ status, reason }), "order.cancelled").data.cancellationReason;
    expect(cancelled("cancelled", "Sold out")).toBe("Sold out");
    expect([cancelled("rejected", null), cancelled("failed", null)]).toEqual(["rejected", "failed"]);
    expect(body(ordeliya, order()).data).not.toHaveProperty("cancellationReason");
  });

  it("has three ways of fulfilment and four sources for all of ours", () => {
    const dineIn = { type: "dine_in", address: null, table: null, server: null } as const;
    expect(body(ordeliya, order({ fulfilment: dineIn, channel: "kiosk" })).data).toMatchObject({
      fulfillmentType: "PICKUP",
      source: "WEB",
    });
    expect(body(ordeliya, order({ channel: "phone" })).data).toMatchObject({
      fulfillmentType: null,
      source: "PHONE",
    });
  });

  it("tells of a customer's update the fields that were updated", () => {
    const encoded = ordeliya.encode(event("customer.updated", { id: "cust_1", phone: null }), STORE);
    expect(JSON.parse(encoded?.body ?? "null").data).toEqual({
      id: "cust_1",
      phone: null,
      changedFields: ["phone"],
    });
  });

  it("tests with test.ping, to which nobody can subscribe", () => {
    const stamp = { id: "evt_test_1", createdAt: "2026-01-18T10:30:00.000Z" };
    expect(ordeliya.sample(null, stamp, STORE)).toEqual(ordeliya.sample("test.ping", stamp, STORE));
    expect(JSON.parse(ordeliya.sample(null, stamp, STORE).body)).toMatchObject({
      id: "evt_test_1",
      type: "test.ping",
    });
    expect(ordeliya.events.map(({ name }) => name)).not.toContain("test.ping");
  });
});

describe("Standard", () => {
  it("carries the canonical order whole, without other contracts' fields", () => {
    const { extensions, ...own } = order({ extensions: { olympus: { tier: 1 }, standard: { note: "x" } } });
    expect(extensions).toBeDefined();
    const changed = event("order.status_updated", { ...own, extensions, previousStatus: "pending" });
    expect(JSON.parse(standard.encode(changed, STORE)?.body ?? "null").data).toEqual({
      ...own,
      previousStatus: "pending",
      note: "x",
    });
  });
});
