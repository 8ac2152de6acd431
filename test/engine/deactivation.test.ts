import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbedded } from "../stores.ts";
import { HOUR, OK, Rig, status } from "./rig.ts";

const DAY = 24 * HOUR;
let rig: Rig;
beforeEach(async () => {
  rig = await new Rig(await openEmbedded()).start();
});
afterEach(() => rig.remove());

test("seven days of nothing but failure deactivate an endpoint, tell its owner, and keep its queue", async () => {
  const store = await rig.store();
  const failing = await rig.endpoint(store, "ordeliya");
  const watching = await rig.endpoint(store, "standard");
  rig.answer = ({ url }) => (url.endsWith(failing.id) ? status(500) : OK);
  for (let day = 0; day <= 7; day++) {
    await rig.publish(store);
    await rig.pass(day === 7 ? HOUR : DAY);
  }
  expect(rig.deactivated).toEqual([failing.id]);
  expect((await rig.driver.getEndpoint(failing.id))?.endpoint.state).toBe("disabled");
  const told = rig.sent.filter(
    ({ url, body }) => url.endsWith(watching.id) && body.includes("endpoint.deactivated"),
  );
  expect(told).toHaveLength(1);
  await rig.publish(store);
  await rig.pass(HOUR);
  const before = await rig.count(failing.id);
  expect(before.pending).toBeGreaterThan(0);
  rig.answer = () => OK;
  await rig.change(failing.id, { state: "active", disabledReason: null });
  await rig.pass(DAY);
  const after = await rig.count(failing.id);
  expect(after).toMatchObject({ pending: 0, retrying: 0, dead_letter: before.dead_letter });
});

test("a failure before and one after a restart with a clock eight days ahead deactivate nothing", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "mipos");
  rig.answer = () => status(500);
  await rig.publish(store);
  await rig.pass(HOUR);
  // Nothing is retried any more, so these days are as good as a clock that was moved.
  await rig.pass(8 * DAY);
  await rig.boot();
  await rig.publish(store);
  await rig.pass(HOUR);
  expect((await rig.driver.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBeGreaterThan(6);
  expect(rig.deactivated).toEqual([]);
});

test("an endpoint that succeeded once within the week is not deactivated", async () => {
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "ordeliya");
  for (let day = 0; day <= 9; day++) {
    rig.answer = () => (day === 5 ? OK : status(500));
    await rig.publish(store);
    await rig.pass(DAY);
  }
  expect(rig.deactivated).toEqual([]);
  expect((await rig.driver.getEndpoint(endpoint.id))?.endpoint.state).toBe("active");
});
