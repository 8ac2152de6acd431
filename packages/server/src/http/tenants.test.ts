import { afterAll, beforeAll, expect, test } from "vitest";
import { openRig, RECEIVER, type Rig, until } from "./rig.test.ts";

let rig: Rig;
let own: string;
let key: string;
let foreign: string;
let foreignEndpoint: string;
let foreignOrder: string;
let foreignDelivery: string;

const ORDER = {
  items: [{ name: "Burger", quantity: 1, unitMinor: 100 }],
  totals: { subtotalMinor: 100, totalMinor: 100 },
};

beforeAll(async () => {
  rig = await openRig();
  own = await rig.store();
  foreign = await rig.store();
  key = await rig.key(own, "standard");
  const post = async (path: string, body: object) => (await rig.ask("POST", path, { body })).body.id;
  const subscription = { storeId: foreign, contract: "ordeliya", url: RECEIVER, events: ["*"] };
  foreignEndpoint = await post("/v1/endpoints", subscription);
  foreignOrder = await post("/v1/orders", { storeId: foreign, ...ORDER });
  await until(async () => {
    const { data } = (await rig.ask("GET", "/v1/deliveries")).body;
    foreignDelivery = data[0]?.id ?? "";
    return data[0]?.status === "delivered";
  });
});
afterAll(() => rig.close());

test("another store's things answer as if they did not exist, to every call", async () => {
  const since = "2026-01-18T09:00:00Z";
  const calls: readonly (readonly [string, string, object?])[] = [
    ["GET", `/v1/stores/${foreign}`],
    ["GET", `/v1/endpoints/${foreignEndpoint}`],
    ["PATCH", `/v1/endpoints/${foreignEndpoint}`, { state: "paused" }],
    ["DELETE", `/v1/endpoints/${foreignEndpoint}`],
    ["POST", `/v1/endpoints/${foreignEndpoint}/test`],
    ["POST", `/v1/endpoints/${foreignEndpoint}/secret`],
    ["GET", `/v1/endpoints/${foreignEndpoint}/health`],
    ["GET", `/v1/orders/${foreignOrder}`],
    ["PATCH", `/v1/orders/${foreignOrder}`, { notes: "x" }],
    ["POST", `/v1/orders/${foreignOrder}/transitions`, { to: "accepted" }],
    ["GET", `/v1/deliveries/${foreignDelivery}`],
    ["POST", `/v1/deliveries/${foreignDelivery}/replay`],
    ["POST", "/v1/orders", { storeId: foreign, ...ORDER }],
    ["POST", "/v1/events", { storeId: foreign, type: "order.created", data: ORDER }],
    ["POST", "/v1/endpoints", { storeId: foreign, contract: "standard", url: RECEIVER, events: ["*"] }],
    ["POST", "/v1/replays", { endpointId: foreignEndpoint, since }],
    ["POST", "/v1/replays", { endpointId: foreignEndpoint, since, dryRun: true }],
    ["GET", `/v1/orders?storeId=${foreign}`],
    ["GET", `/v1/events?storeId=${foreign}`],
    ["GET", `/v1/endpoints?storeId=${foreign}`],
    ["GET", `/v1/deliveries?storeId=${foreign}`],
    ["GET", `/v1/audit?storeId=${foreign}`],
    ["GET", `/v1/replays?storeId=${foreign}`],
  ];
  for (const [method, path, body] of calls) {
    const reply = await rig.ask(method, path, { key, ...(body ? { body } : {}) });
    expect([method, path, reply.status]).toEqual([method, path, 404]);
    const never = path.replaceAll(/(store|wh|ord|del)_[0-9a-z]+/g, "$1_00000000000000000000000000");
    if (never === path) continue;
    const unknown = await rig.ask(method, never, { key, ...(body ? { body } : {}) });
    expect(unknown.body.detail, path).toBe(reply.body.detail);
  }
  expect((await rig.ask("GET", `/v1/orders/${foreignOrder}`)).body.version).toBe(1);
  expect((await rig.ask("GET", `/v1/endpoints/${foreignEndpoint}`)).body.state).toBe("active");
});

test("a store's lists hold what is its own", async () => {
  for (const path of ["/v1/orders", "/v1/events", "/v1/endpoints", "/v1/deliveries"]) {
    expect([path, (await rig.ask("GET", path, { key })).body.data]).toEqual([path, []]);
  }
  const { data } = (await rig.ask("GET", "/v1/audit", { key })).body;
  expect(data.every(({ storeId }: { storeId: string }) => storeId === own)).toBe(true);
});

test("what is the operator's is forbidden to a store's key", async () => {
  const store = { name: "N", currency: "EUR", timezone: "UTC" };
  const calls: readonly (readonly [string, string, object?])[] = [
    ["GET", "/v1/stores"],
    ["POST", "/v1/stores", store],
    ["PATCH", `/v1/stores/${own}`, { plan: "enterprise" }],
    ["POST", "/v1/keys", { storeId: own, contract: "standard" }],
    ["DELETE", "/v1/keys/key_1"],
  ];
  for (const [method, path, body] of calls) {
    const reply = await rig.ask(method, path, { key, ...(body ? { body } : {}) });
    expect([method, path, reply.status, reply.body.code]).toEqual([method, path, 403, "forbidden"]);
  }
});

test("another store's order and webhook are not found through a contract's own calls", async () => {
  const sela = await rig.key(own, "sela");
  const action = { order_id: foreignOrder, action: "approve" };
  expect((await rig.ask("POST", "/sela/api/v1/orders/action", { key: sela, body: action })).status).toBe(404);
  const mipos = await rig.key(own, "mipos");
  const accept = { delivery_id: 0, store_id: own, order_external_id: foreignOrder };
  expect(
    (await rig.ask("POST", "/mipos/api/v1/integration/order/accept", { key: mipos, body: accept })).status,
  ).toBe(404);
  const other = { ...accept, store_id: foreign };
  expect(
    (await rig.ask("POST", "/mipos/api/v1/integration/order/accept", { key: mipos, body: other })).status,
  ).toBe(404);
  const ordeliya = await rig.key(own, "ordeliya");
  expect((await rig.ask("GET", `/ordeliya/webhooks/${foreignEndpoint}`, { key: ordeliya })).status).toBe(404);
});

test("a contract's calls see that contract's webhooks alone", async () => {
  const olympus = await rig.key(foreign, "olympus");
  expect(
    (
      await rig.ask("PATCH", `/olympus/v1/webhooks/${foreignEndpoint}`, {
        key: olympus,
        body: { events: ["*"] },
      })
    ).status,
  ).toBe(404);
  expect((await rig.ask("GET", "/olympus/v1/webhooks", { key: olympus })).body.data).toEqual([]);
});

test("the operator's key is good for the native API alone", async () => {
  expect((await rig.ask("GET", "/ordeliya/webhooks")).status).toBe(401);
  expect((await rig.ask("GET", "/v1/stores")).status).toBe(200);
});
