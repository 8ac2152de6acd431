import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbedded } from "../stores.ts";
import { Rig } from "./rig.ts";

const MINUTE = 60_000;

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig(await openEmbedded()).start();
});
afterEach(() => rig.remove());

test("what was leased in an answer that was lost is sent when the lease has run out, without a restart", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard", { state: "paused" });
  await rig.publish(store);
  rig.lost.add("claimDue");
  await rig.change(endpoint.id, { state: "active" });
  await rig.pass(10);
  rig.lost.clear();
  await rig.pass(MINUTE / 2);
  expect(rig.sent).toHaveLength(0);
  await rig.pass(2 * 60 * MINUTE);
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 1, pending: 0 });
  expect(rig.sent).toHaveLength(1);
});

test("an accept whose answer was lost is answered at the second try, and sent once", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  rig.lost.add("acceptEvent");
  await expect(rig.publish(store)).rejects.toThrow("is lost");
  rig.lost.clear();
  await rig.pass(2 * 60 * MINUTE);
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 1, pending: 0 });
  expect(rig.sent).toHaveLength(1);
});

test("an event whose endpoints change all the while is refused for now, and sent once when it comes again", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  let changes = 0;
  rig.before.set("acceptEvent", () =>
    rig.change(endpoint.id, { url: `https://receiver.example/${++changes}` }),
  );
  await expect(rig.publish(store)).rejects.toMatchObject({
    code: "overloaded",
    headers: { "retry-after": "1" },
  });
  rig.before.clear();
  await rig.publish(store);
  await rig.pass(1_000);
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 1, pending: 0 });
  expect(rig.sent.map(({ url }) => url)).toEqual([`https://receiver.example/${changes}`]);
});

test("an endpoint that is resumed while the store cannot be read gets its queue as soon as it can be", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  await rig.change(endpoint.id, { state: "paused" });
  await rig.publish(store);
  rig.broken.add("storeEndpoints");
  await rig.change(endpoint.id, { state: "active" });
  await rig.pass(MINUTE / 6);
  expect(rig.sent).toHaveLength(0);
  rig.broken.clear();
  await rig.pass(1_000);
  expect(rig.sent).toHaveLength(1);
});

test("a larger plan lets go within seconds what the smaller one held back until the next hour", async () => {
  const store = await rig.store("starter");
  await rig.endpoint(store, "standard");
  await rig.publishMany(store, 501);
  await rig.pass(1_000);
  expect(rig.sent).toHaveLength(500);
  await rig.driver.updateStore(store.id, { plan: "grow" }, rig.audit("store.update"));
  rig.engine.wake(store.id, null);
  await rig.pass(2_000);
  expect(rig.sent).toHaveLength(501);
});
