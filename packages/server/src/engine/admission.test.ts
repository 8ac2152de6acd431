import { expect, test } from "vitest";
import { World } from "../../../../test/simulation/world.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { heldDelivery } from "./lane.fixture.ts";
import { Lane } from "./lane.ts";
import { PRESSURE, pressureOfLanes } from "./pressure.ts";

const LIMITS: AdmissionLimits = { waitMs: 1_000, waiting: 3 };

function rig() {
  const world = new World(1_000_000);
  const at = { endpointId: "wh_1", storeId: "store_1", tenantId: "ten_1" };
  const lane = new Lane(at, { maxInFlight: 8, minInFlight: 2, window: 100 });
  const timers = world.timers(() => true);
  const answer = () => {
    const held = heldDelivery(`del_${world.now()}`, "ord_1");
    lane.push(held);
    lane.take(world.now());
    lane.finished(held, { succeeded: true, durationMs: 5 }, world.now());
    timers.after(100, answer);
  };
  answer();
  const state = { load: 1 };
  const admission = new Admission({
    pressed: pressureOfLanes(
      () => [lane],
      () => state.load,
      world,
      { ...PRESSURE, depth: 100 },
    ),
    clock: world,
    timers,
    limits: LIMITS,
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const entering = () => {
    const entry = { in: false };
    void admission.enter().then(() => {
      entry.in = true;
    });
    return entry;
  };
  return { world, lane, state, admission, settle, entering };
}

test("while nothing is queued, or the process is idle, everybody comes in at once", async () => {
  const { lane, state, entering, settle, world } = rig();
  const first = entering();
  lane.depth = 1_000;
  state.load = 0.3;
  await world.run(world.now() + 100, settle);
  const second = entering();
  await settle();
  expect([first.in, second.in]).toEqual([true, true]);
});

test("under pressure events come in as deliveries go out", async () => {
  const { lane, admission, entering, settle } = rig();
  lane.depth = 1_000;
  const [first, second] = [entering(), entering()];
  await settle();
  expect([first.in, second.in]).toEqual([false, false]);
  for (let i = 0; i < 2; i++) admission.sent();
  await settle();
  expect([first.in, second.in]).toEqual([true, false]);
});

test("a queue behind an endpoint that fails, is paused or is rate-limited holds nobody back", async () => {
  const { lane, entering, settle, world } = rig();
  lane.depth = 1_000;
  for (const hold of [{ closed: true }, { closed: false, limitedUntil: world.now() + 1 }]) {
    Object.assign(lane, hold);
    await world.run(world.now() + 100, settle);
    const entry = entering();
    await settle();
    expect(entry.in).toBe(true);
  }
});

test("nobody waits much longer than the limit, and too many at once are refused for now", async () => {
  const { lane, admission, entering, settle, world } = rig();
  lane.depth = 1_000;
  const waiting = [entering(), entering(), entering()];
  await expect(admission.enter()).rejects.toMatchObject({
    code: "overloaded",
    headers: { "retry-after": "1" },
  });
  await world.run(world.now() + 1_500, settle);
  expect(waiting.every((entry) => entry.in)).toBe(true);
});
