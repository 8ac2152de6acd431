import { expect, test } from "vitest";
import type { StoreDriver } from "../store/driver.ts";
import { StorageFull, StorageUnavailable } from "../store/driver.ts";
import { RECEIVER, type Rig, startRig } from "./rig.test.ts";

const ORDER = {
  items: [{ name: "Burger", quantity: 1, unitMinor: 100 }],
  totals: { subtotalMinor: 100, totalMinor: 100 },
};
const KEY = { "idempotency-key": "once" };
const STORE = { name: "Nord", currency: "EUR", timezone: "UTC" };
const orders = async (rig: Rig) => (await rig.ask("GET", "/v1/orders")).body.data;

test("the same body gets the same answer, and is done once", async () => {
  const rig = await startRig();
  const body = { storeId: await rig.store(), ...ORDER };
  const first = await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  const second = await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  expect([second.status, second.body]).toEqual([201, first.body]);
  expect(second.headers["idempotency-replayed"]).toBe("true");
  expect(await orders(rig)).toHaveLength(1);
});

test("another body under the same key is refused, and one after 24 hours is new", async () => {
  const rig = await startRig();
  const body = { storeId: await rig.store(), ...ORDER };
  const first = await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  const other = await rig.ask("POST", "/v1/orders", { body: { ...body, notes: "x" }, headers: KEY });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_mismatch"]);
  rig.advance(86_400_000);
  const later = await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  expect([later.status, later.body.id === first.body.id]).toEqual([201, false]);
});

test("a key belongs to one caller and one path", async () => {
  const rig = await startRig();
  const storeId = await rig.store();
  const key = await rig.key(storeId, "standard");
  const body = { storeId, ...ORDER };
  await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  expect(
    (await rig.ask("POST", "/v1/orders", { key, body: { ...body, notes: "x" }, headers: KEY })).status,
  ).toBe(201);
  const event = { storeId, type: "order.created", data: ORDER };
  expect((await rig.ask("POST", "/v1/events", { body: event, headers: KEY })).status).toBe(202);
});

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

test("a second request while the first is in flight is a conflict", async () => {
  const gate = signal();
  const reached = signal();
  const rig = await startRig({
    wrap: (driver) => ({
      ...driver,
      saveOrder: async (input) => {
        reached.give();
        await gate.given;
        return driver.saveOrder(input);
      },
    }),
  });
  const body = { storeId: await rig.store(), ...ORDER };
  const first = rig.ask("POST", "/v1/orders", { body, headers: KEY });
  await reached.given;
  const second = await rig.ask("POST", "/v1/orders", { body, headers: KEY });
  expect([second.status, second.body.code]).toEqual([409, "idempotency_in_flight"]);
  expect(second.headers["retry-after"]).toBe("1");
  gate.give();
  expect((await first).status).toBe(201);
});

test("a secret in an answer comes again, and does not lie open in the store", async () => {
  const kept: string[] = [];
  const rig = await startRig({
    wrap: (driver) => ({
      ...driver,
      answerIdempotencyKey: (input) => {
        kept.push(input.answer);
        return driver.answerIdempotencyKey(input);
      },
    }),
  });
  const body = { storeId: await rig.store(), contract: "mipos" };
  const first = await rig.ask("POST", "/v1/keys", { body, headers: KEY });
  const second = await rig.ask("POST", "/v1/keys", { body, headers: KEY });
  expect(second.body).toEqual(first.body);
  expect(kept).toHaveLength(1);
  expect(kept[0]).not.toContain(first.body.key);
});

test("a refusal is kept like any answer, and a failure of ours is not", async () => {
  let failure: Error | null = new StorageFull("full");
  const rig = await startRig({
    wrap: (driver) => ({
      ...driver,
      saveOrder: (input) => (failure ? Promise.reject(failure) : driver.saveOrder(input)),
    }),
  });
  const body = { storeId: await rig.store(), ...ORDER };
  const ask = () => rig.ask("POST", "/v1/orders", { body, headers: KEY });
  expect([(await ask()).status, (await ask()).body.code]).toEqual([507, "storage_full"]);
  failure = new StorageUnavailable("gone");
  const unavailable = await ask();
  expect([unavailable.status, unavailable.headers["retry-after"]]).toEqual([503, "1"]);
  failure = new Error("SELECT secret FROM somewhere");
  const internal = await ask();
  expect([internal.status, internal.text.includes("SELECT")]).toEqual([500, false]);
  failure = null;
  expect((await ask()).status).toBe(201);
  const bad = { ...body, items: [] };
  const refusals = [
    await rig.ask("POST", "/v1/orders", { body: bad, headers: { "idempotency-key": "bad" } }),
    await rig.ask("POST", "/v1/orders", { body: bad, headers: { "idempotency-key": "bad" } }),
  ];
  expect(refusals[1]?.body).toEqual(refusals[0]?.body);
});

/** The process dies after each POST has taken effect and before its answer is kept; the clock moves on; it asks again. */
async function twice(path: (rig: Rig) => Promise<string>, body: (rig: Rig) => Promise<object>) {
  let dead = true;
  const rig = await startRig({
    wrap: (driver) => ({
      ...driver,
      answerIdempotencyKey: (input) => (dead ? Promise.resolve() : driver.answerIdempotencyKey(input)),
    }),
  });
  const [where, what] = [await path(rig), await body(rig)];
  const first = await rig.ask("POST", where, { body: what, headers: KEY });
  rig.advance(61_000);
  dead = false;
  const second = await rig.ask("POST", where, { body: what, headers: KEY });
  return { rig, first, second };
}
const at = (path: string) => async () => path;

test.each([
  ["a store", "/v1/stores", async () => STORE],
  ["an order", "/v1/orders", async (rig: Rig) => ({ storeId: await rig.store(), ...ORDER })],
  [
    "an event",
    "/v1/events",
    async (rig: Rig) => ({ storeId: await rig.store(), type: "order.created", data: ORDER }),
  ],
  [
    "an endpoint",
    "/v1/endpoints",
    async (rig: Rig) => ({ storeId: await rig.store(), contract: "standard", url: RECEIVER, events: ["*"] }),
  ],
  ["a key", "/v1/keys", async (rig: Rig) => ({ storeId: await rig.store(), contract: "mipos" })],
])("%s that was made before a crash is not made twice, and answers the same", async (_, path, body) => {
  const { first, second } = await twice(at(path), body);
  expect([first.status, second.status]).toEqual([first.status, first.status]);
  expect(first.status).toBeLessThan(300);
  expect(second.body).toEqual(first.body);
});

test("a secret that was rotated before a crash is rotated once", async () => {
  let id = "";
  const { rig, first, second } = await twice(
    async (hub) => {
      const body = { storeId: await hub.store(), contract: "standard", url: RECEIVER, events: ["*"] };
      id = (await hub.ask("POST", "/v1/endpoints", { body })).body.id;
      return `/v1/endpoints/${id}/secret`;
    },
    async () => ({}),
  );
  expect(second.body).toEqual(first.body);
  const driver: StoreDriver = rig.driver;
  expect((await driver.getEndpoint(id))?.endpoint.secrets).toHaveLength(2);
});

test("a contract's own POSTs understand the header too", async () => {
  const rig = await startRig();
  const key = await rig.key(await rig.store(), "olympus");
  const body = { url: RECEIVER, events: ["order.created"], secret: "your-webhook-secret" };
  const first = await rig.ask("POST", "/olympus/v1/webhooks", { key, body, headers: KEY });
  const second = await rig.ask("POST", "/olympus/v1/webhooks", { key, body, headers: KEY });
  expect(second.body).toEqual(first.body);
  expect((await rig.ask("GET", "/olympus/v1/webhooks", { key })).body.data).toHaveLength(1);
  const other = await rig.ask("POST", "/olympus/v1/webhooks", {
    key,
    body: { ...body, secret: "b" },
    headers: KEY,
  });
  expect(other.status).toBe(422);
});
