/** Two at once: what is changed by somebody else meanwhile is read again, a few times. */
import { expect, test } from "vitest";
import { RECEIVER, startRig } from "../http/rig.test.ts";
import type { StoreDriver } from "../store/driver.ts";
import { CONFLICT_TRIES } from "./context.ts";

const ORDER = {
  items: [{ name: "Burger", quantity: 1, unitMinor: 100 }],
  totals: { subtotalMinor: 100, totalMinor: 100 },
};

/** Before each of the first `times` writes of a change, somebody else makes one. */
function contended(times: number) {
  let left = times;
  const wrap = (driver: StoreDriver): StoreDriver => ({
    ...driver,
    saveOrder: async (input) => {
      if (input.expectedVersion !== null && left > 0) {
        left--;
        const order = await driver.getOrder(input.order.id);
        if (!order) throw new Error("no order");
        const notes = `changed ${left}`;
        const theirs = { ...order, notes, version: order.version + 1 };
        await driver.saveOrder({ ...input, order: theirs, expectedVersion: order.version, events: [] });
      }
      return driver.saveOrder(input);
    },
    updateEndpoint: async (id, version, changes, uniqueUrl, audit) => {
      if (left > 0) {
        left--;
        await driver.updateEndpoint(id, version, { headers: { "x-theirs": "1" } }, uniqueUrl, audit);
      }
      return driver.updateEndpoint(id, version, changes, uniqueUrl, audit);
    },
  });
  return startRig({ wrap });
}

test("an order's transition keeps what somebody else changed at the same time", async () => {
  const rig = await contended(2);
  const storeId = await rig.store();
  const { id } = (await rig.ask("POST", "/v1/orders", { body: { storeId, ...ORDER } })).body;
  const moved = await rig.ask("POST", `/v1/orders/${id}/transitions`, { body: { to: "accepted" } });
  expect(moved.body).toMatchObject({ status: "accepted", notes: "changed 0", version: 4 });
});

test("an order that is changed again and again is a conflict in the end", async () => {
  const rig = await contended(CONFLICT_TRIES);
  const storeId = await rig.store();
  const { id } = (await rig.ask("POST", "/v1/orders", { body: { storeId, ...ORDER } })).body;
  const moved = await rig.ask("POST", `/v1/orders/${id}/transitions`, { body: { to: "accepted" } });
  expect([moved.status, moved.body.code]).toEqual([409, "conflict"]);
});

test("an endpoint's change keeps what somebody else changed at the same time", async () => {
  const rig = await contended(1);
  const body = { storeId: await rig.store(), contract: "standard", url: RECEIVER, events: ["*"] };
  const { id } = (await rig.ask("POST", "/v1/endpoints", { body })).body;
  const changed = await rig.ask("PATCH", `/v1/endpoints/${id}`, { body: { state: "paused" } });
  expect(changed.body).toMatchObject({ state: "paused", headers: { "x-theirs": "1" } });
});

test("a point of sale's id is taken once, also when the order has moved on", async () => {
  const rig = await startRig();
  const storeId = await rig.store();
  const key = await rig.key(storeId, "sela");
  const { id } = (await rig.ask("POST", "/v1/orders", { body: { storeId, ...ORDER } })).body;
  for (const to of ["accepted", "preparing"]) {
    await rig.ask("POST", `/v1/orders/${id}/transitions`, { body: { to } });
  }
  const approve = (external: string) =>
    rig.ask("POST", "/sela/api/v1/orders/action", {
      key,
      body: { order_id: id, action: "approve", external_order_id: external },
    });
  expect((await approve("menu-1")).body.data.externalOrderId).toBe("menu-1");
  expect((await approve("menu-2")).body.data.externalOrderId).toBe("menu-1");
  expect((await rig.ask("GET", `/v1/orders/${id}`)).body).toMatchObject({
    status: "preparing",
    posRef: "menu-1",
  });
});

test("every change of an order, an endpoint, a key and a replay leaves a row of who did it", async () => {
  const rig = await startRig();
  const storeId = await rig.store();
  const key = await rig.key(storeId, "standard");
  const body = { storeId, contract: "standard", url: RECEIVER, events: ["*"] };
  const { id: endpointId } = (await rig.ask("POST", "/v1/endpoints", { key, body })).body;
  await rig.ask("PATCH", `/v1/endpoints/${endpointId}`, { key, body: { state: "paused" } });
  await rig.ask("POST", `/v1/endpoints/${endpointId}/secret`, { key });
  const { id } = (await rig.ask("POST", "/v1/orders", { key, body: { storeId, ...ORDER } })).body;
  await rig.ask("PATCH", `/v1/orders/${id}`, { key, body: { notes: "x" } });
  await rig.ask("POST", `/v1/orders/${id}/transitions`, { key, body: { to: "accepted" } });
  await rig.ask("POST", "/v1/replays", { key, body: { endpointId, since: "2026-01-18T09:00:00Z" } });
  await rig.ask("DELETE", `/v1/endpoints/${endpointId}`, { key });
  const { data } = (await rig.ask("GET", "/v1/audit", { key })).body;
  const actions = data.map(
    ({ action, actor }: { action: string; actor: string }) => `${action} by ${actor.slice(0, 4)}`,
  );
  expect(actions.reverse()).toEqual([
    "store.create by oper",
    "key.create by oper",
    "endpoint.create by key_",
    "endpoint.update by key_",
    "endpoint.rotate_secret by key_",
    "order.create by key_",
    "order.edit by key_",
    "order.transition by key_",
    "replay.create by key_",
    "endpoint.delete by key_",
  ]);
});
