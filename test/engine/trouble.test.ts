import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbedded } from "../stores.ts";
import { OK, Rig, status } from "./rig.ts";

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

test("an endpoint that comes back after an outage is met with a ramp, and gets all that has queued up", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  rig.answer = () => status(503);
  await rig.publishMany(store, 600);
  await rig.pass(3_000);
  expect(rig.sent).toHaveLength(600);
  const backAt = rig.world.now();
  rig.answer = () => OK;
  await rig.pass(20_000);
  const retries = rig.sent.slice(600).map(({ at }) => at - backAt);
  const from = retries[0] ?? 0;
  const perSecond = [0, 1, 2, 3].map(
    (second) => retries.filter((at) => Math.floor((at - from) / 1_000) === second).length,
  );
  for (const [second, count] of perSecond.entries()) {
    expect(count).toBeGreaterThan(50 * second);
    expect(count).toBeLessThan(50 * (second + 2) + 10);
  }
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 600, pending: 0 });
  expect(rig.sent).toHaveLength(1_200);
});

test("one request that hangs does not hold up the ramp after an outage", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  rig.answer = () => status(503);
  await rig.publishMany(store, 100);
  await rig.pass(3_000);
  let answered = 0;
  rig.answer = () => (++answered === 20 ? new Promise(() => undefined) : OK);
  await rig.pass(10_000);
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 99, retrying: 1 });
});
