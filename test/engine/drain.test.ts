import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbedded } from "../stores.ts";
import { Rig } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await new Rig(await openEmbedded()).start();
});
afterEach(() => rig.remove());

test("an event that is on its way into the store when the hub drains is given back, and holds nothing up", async () => {
  const store = await rig.store();
  await rig.endpoint(store, "standard");
  await rig.pass(1_000);
  const published = rig.publish(store);
  while (!rig.calls.includes("acceptEvent")) await Promise.resolve();
  let isDrained = false;
  void rig.engine.drain().then(() => {
    isDrained = true;
  });
  await published;
  await rig.settle();
  expect(isDrained).toBe(true);
  expect(rig.sent).toHaveLength(0);
  expect(await rig.deliveries()).toMatchObject([{ status: "pending", leased: false }]);
});
