import { afterEach, expect, test } from "vitest";
import type { EngineParts } from "../../packages/server/src/engine/create.ts";
import type { DispatchLimits } from "../../packages/server/src/engine/limits.ts";
import type { SendOutcome } from "../../packages/server/src/engine/sender.ts";
import { openEmbedded } from "../stores.ts";
import { OK, Rig } from "./rig.ts";

const LIMITS: DispatchLimits = {
  lane: { maxInFlight: 4, minInFlight: 4, window: 100 },
  maxInFlight: 64,
  window: 400,
};
/** Takes ten places of 16 KB. */
const LARGE = "Margherita ".repeat(14_000);
const EVENTS = 60;

class SmallRig extends Rig {
  protected override build(...[transport, parts]: Parameters<Rig["build"]>) {
    return super.build(transport, { ...parts, limits: LIMITS } satisfies Partial<EngineParts>);
  }
}

let rig: SmallRig;
afterEach(() => rig.remove());

test("large bodies take several places, so that an endpoint that hangs does not fill the memory with them", async () => {
  rig = await new SmallRig(await openEmbedded()).start();
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard");
  const timers = rig.world.timers(() => true);
  rig.answer = () => new Promise<SendOutcome>((end) => timers.after(1_000, () => end(OK)));
  await rig.pass(1_000);
  for (let i = 0; i < EVENTS; i++) await rig.publish(store, rig.engine, null, LARGE);
  const most = () => rig.engine.stats().held;
  const leased = (await rig.deliveries()).filter((delivery) => delivery.leased);
  expect(leased.length).toBeLessThan(15);
  // The last one in may be larger than what was left, and what passes a backlog has a quarter besides.
  expect(most()).toBeGreaterThan(50);
  expect(most()).toBeLessThan(100 + 25 + 20);

  // After a restart all of it is claimed, at first without knowing how large they are.
  await rig.boot();
  await rig.pass(10);
  expect(most()).toBeGreaterThan(50);
  expect(most()).toBeLessThan(400);
  for (let second = 0; second < 30; second++) {
    await rig.pass(1_000);
    if (second > 5) expect(most()).toBeLessThan(100 + 25 + 20);
  }
  await rig.pass(60_000);
  expect(await rig.count(endpoint.id)).toMatchObject({ delivered: EVENTS, pending: 0 });
  expect(rig.engine.stats().held).toBe(0);
});
