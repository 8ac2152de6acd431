import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRig, type Rig, startRig } from "./rig.test.ts";

let rig: Rig;
let storeId: string;
beforeAll(async () => {
  rig = await openRig();
  storeId = await rig.store();
});
afterAll(() => rig.close());

describe("what an order's schema refuses by name", () => {
  const good = {
    items: [{ name: "Burger", quantity: 1, unitMinor: 100 }],
    totals: { subtotalMinor: 100, totalMinor: 100 },
  };
  const item = (more: object) => ({ items: [{ ...good.items[0], ...more }] });

  test.each([
    ["a field nobody knows", { tip: 1 }, "tip"],
    ["an id", { id: "ord_1" }, "id"],
    ["a status", { status: "accepted" }, "status"],
    ["a version", { version: 3 }, "version"],
    ["no items without a summary", { items: [] }, "items"],
    ["a quantity of 0", item({ quantity: 0 }), "items.0.quantity"],
    ["half a quantity", item({ quantity: 0.5 }), "items.0.quantity"],
    ["a quantity as text", item({ quantity: "1" }), "items.0.quantity"],
    ["a negative price", item({ unitMinor: -1 }), "items.0.unitMinor"],
    ["more than 2^53 − 1", item({ unitMinor: 2 ** 53 }), "items.0.unitMinor"],
    ["more than 2^53 − 1 in all", item({ unitMinor: 2 ** 53 - 1, quantity: 2 }), "items.0"],
    [
      "modifiers that make an item negative",
      item({ modifiers: [{ name: "Off", quantity: 2, unitMinor: -51 }] }),
      "items.0.modifiers",
    ],
    [
      "modifiers that are exact in their sum alone",
      item({
        modifiers: [2 ** 53 - 1, 1 - 2 ** 53].map((unitMinor) => ({
          name: "Off",
          quantity: 2 ** 53 - 1,
          unitMinor,
        })),
      }),
      "items.0",
    ],
    ["a negative total", { totals: { subtotalMinor: 100, totalMinor: -1 } }, "totals.totalMinor"],
    ["a channel nobody knows", { channel: "fax" }, "channel"],
    ["a way of serving nobody knows", { fulfilment: { type: "drone" } }, "fulfilment.type"],
    ["a name that is too long", item({ name: "x".repeat(501) }), "items.0.name"],
    ["an empty external id", { source: { externalId: "" } }, "source.externalId"],
  ])("%s", async (_, change, field) => {
    const reply = await rig.ask("POST", "/v1/orders", { body: { storeId, ...good, ...change } });
    expect(reply.status).toBe(422);
    expect(reply.body.errors.map((one: { field: string }) => one.field)).toContain(field);
    expect((await rig.ask("GET", "/v1/orders")).body.data).toEqual([]);
  });

  test("a summary stands for items, and a modifier may be negative", async () => {
    const summary = { items: [], summary: "2 burgers, fries", totals: good.totals };
    const discounted = item({ modifiers: [{ name: "Off", quantity: 1, unitMinor: -100 }] });
    for (const change of [summary, { ...good, ...discounted }]) {
      expect((await rig.ask("POST", "/v1/orders", { body: { storeId, ...change } })).status).toBe(201);
    }
  });

  test("thousands of faults in one body are answered with the first alone", async () => {
    const items = Array.from({ length: 20_000 }, () => ({ a: 1 }));
    const reply = await rig.ask("POST", "/v1/orders", { body: { storeId, items, totals: good.totals } });
    expect(reply.status).toBe(422);
    expect(reply.text.length).toBeLessThan(5_000);
  });
});

describe("what a store's and an endpoint's schema refuse by name", () => {
  test.each([
    ["currency", { currency: "XXZ" }],
    ["currency", { currency: "eur" }],
    ["timezone", { timezone: "Mars/Olympus" }],
    ["timezone", { timezone: "+01:00" }],
    ["plan", { plan: "gold" }],
    ["name", { name: "" }],
    ["acceptWithinMinutes", { acceptWithinMinutes: 0 }],
    ["id", { id: "store_1" }],
  ])("a store's %s", async (field, change) => {
    const body = { name: "Nord", currency: "EUR", timezone: "Europe/Copenhagen", ...change };
    const reply = await rig.ask("POST", "/v1/stores", { body });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, field]);
  });

  test.each([
    ["url", { url: "http://kitchen.example.com/hooks" }],
    ["url", { url: "https://user:pass@kitchen.example.com/" }],
    ["url", { url: "https://169.254.169.254/latest" }],
    ["url", { url: "https://10.0.0.1/" }],
    ["url", { url: "ftp://kitchen.example.com/" }],
    ["url", { url: "nonsense" }],
    ["events", { events: [] }],
    ["events", { events: ["order.eaten"] }],
    ["secret", { secret: "short" }],
    ["contract", { contract: "fax" }],
    ["encoding", { encoding: "hex" }],
    ["headers.Host", { headers: { Host: "evil.example.com" } }],
    ["headers.Content-Type", { headers: { "Content-Type": "text/plain" } }],
    ["headers.transfer-encoding", { headers: { "transfer-encoding": "chunked" } }],
    ["headers.Proxy-Authorization", { headers: { "Proxy-Authorization": "x" } }],
    ["headers.webhook-signature", { headers: { "webhook-signature": "v1,x" } }],
    ["headers.X-A", { headers: { "X-A": "a\r\nb: c" } }],
    ["headers.a b", { headers: { "a b": "c" } }],
    ["state", { state: "active" }],
  ])("an endpoint's %s", async (field, change) => {
    const body = { storeId, contract: "standard", url: "https://k.example.com/", events: ["*"], ...change };
    const reply = await rig.ask("POST", "/v1/endpoints", { body });
    expect(reply.status, reply.text).toBe(422);
    expect(reply.body.errors[0].field).toBe(field);
    expect((await rig.ask("GET", "/v1/endpoints")).body.data).toEqual([]);
  });

  test("a secret is not to be set through a change", async () => {
    const reply = await rig.ask("PATCH", "/v1/endpoints/wh_1", { body: { secret: "x".repeat(40) } });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, "secret"]);
  });
});

describe("what a query refuses by name", () => {
  test.each([
    ["limit", "limit=0"],
    ["limit", "limit=101"],
    ["limit", "limit=ten"],
    ["limit", "limit=5&limit=6"],
    ["cursor", "cursor=nonsense"],
    ["colour", "colour=red"],
    ["status", "status=eaten"],
    ["since", "since=yesterday"],
    ["since", "since=2026-01-18T23:59:60Z"],
    ["since", "since=2026-02-30T10:00:00Z"],
    ["since", "since=2026-01-18"],
  ])("%s, in ?%s", async (field, query) => {
    const reply = await rig.ask("GET", `/v1/deliveries?${query}`);
    expect(reply.status, reply.text).toBe(422);
    expect(reply.body.errors[0].field).toBe(field);
  });

  test("a parameter of a call that takes none", async () => {
    expect((await rig.ask("GET", "/v1/stores/store_1?a=1")).status).toBe(422);
  });
});

test("in production an endpoint must use https and a public address", async () => {
  const hub = await startRig({ production: true });
  const store = await hub.store();
  const body = { storeId: store, contract: "standard", events: ["*"] };
  for (const url of [
    "http://kitchen.example.com/",
    "https://127.0.0.1/",
    "https://kitchen.example.com:9000/",
  ]) {
    expect((await hub.ask("POST", "/v1/endpoints", { body: { ...body, url } })).status, url).toBe(422);
  }
});
