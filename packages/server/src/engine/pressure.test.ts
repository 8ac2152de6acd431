import { expect, test } from "vitest";
import { heldDelivery } from "./lane.fixture.ts";
import { Lane } from "./lane.ts";
import { pressureOfLanes, pressureOfQueue } from "./pressure.ts";

const LIMITS = { depth: 1, busy: 1, pending: 100, waitedMs: 1_000 };

test("a queue presses while its endpoint answers in good time, and not while it is silent, slow, failing or paused", () => {
  let now = 1_000_000;
  const lane = new Lane(
    { endpointId: "wh_1", storeId: "store_1", tenantId: "ten_1" },
    { maxInFlight: 4, minInFlight: 4, window: 100 },
  );
  let busy = 1;
  const pressed = pressureOfLanes(
    () => [lane],
    () => busy,
    { now: () => now },
    { ...LIMITS, busy: 0.5 },
  );
  const answers = (succeeded: boolean, durationMs: number) => {
    const each = heldDelivery(`d${now}`, `s${now}`);
    lane.push(each);
    lane.take(now);
    lane.finished(each, { succeeded, durationMs }, now);
  };
  for (let i = 0; i < 10; i++) lane.queued(now);
  expect(pressed()).toBe(false);
  answers(true, 5);
  expect(pressed()).toBe(true);
  now += 999;
  expect(pressed()).toBe(true);
  now += 1;
  expect(pressed()).toBe(false);
  answers(true, 5);
  expect(pressed()).toBe(true);
  busy = 0.4;
  expect(pressed()).toBe(false);
  busy = 1;
  lane.closed = true;
  expect(pressed()).toBe(false);
  lane.closed = false;
  for (let i = 0; i < 5; i++) answers(false, 5);
  expect(pressed()).toBe(false);
  answers(true, 5);
  expect(pressed()).toBe(true);
  for (let i = 0; i < 16; i++) answers(true, 1_000);
  expect(pressed()).toBe(false);
});

test("what waits in memory presses like what waits in the store, and what is under way does not", () => {
  const lane = new Lane(
    { endpointId: "wh_1", storeId: "store_1", tenantId: "ten_1" },
    { maxInFlight: 8, minInFlight: 8, window: 100 },
  );
  const clock = { now: () => 1_000_000 };
  const pressed = pressureOfLanes(
    () => [lane],
    () => 1,
    clock,
    { ...LIMITS, depth: 3, busy: 0.5 },
  );
  const hold = () => {
    const each = heldDelivery(`d${lane.held}`, `s${lane.held}`);
    lane.held += 1;
    lane.push(each);
    return each;
  };
  const first = hold();
  lane.take(clock.now());
  lane.finished(first, { succeeded: true, durationMs: 5 }, clock.now());
  lane.held -= 1;
  for (let i = 0; i < 4; i++) hold();
  expect(pressed()).toBe(true);
  lane.take(clock.now());
  expect(pressed()).toBe(false);
  lane.queued(clock.now());
  expect(pressed()).toBe(true);
});

test("a shared queue presses while it is long, late and growing, and not otherwise", async () => {
  let now = 1_000_000;
  let stats = { pending: 0, oldestDueAt: null as number | null };
  const driver = { queueStats: async () => stats };
  const pressed = pressureOfQueue(driver, { now: () => now }, LIMITS, (error) => {
    throw error;
  });
  const look = async (pending: number, waitedMs: number | null) => {
    now += 2_000;
    stats = { pending, oldestDueAt: waitedMs === null ? null : now - waitedMs };
    pressed();
    await new Promise<void>((resolve) => setImmediate(resolve));
    return pressed();
  };
  expect(await look(1_000, 5_000)).toBe(false);
  expect(await look(2_000, 5_000)).toBe(true);
  expect(await look(1_900, 5_000)).toBe(false);
  expect(await look(2_500, 500)).toBe(false);
  expect(await look(3_000, null)).toBe(false);
  expect(await look(50, 5_000)).toBe(false);
  expect(await look(90, 5_000)).toBe(false);
});

test("a queue that takes long to count is counted seldom", async () => {
  let now = 1_000_000;
  let asked = 0;
  const driver = {
    queueStats: async () => {
      asked += 1;
      now += 1_000;
      return { pending: 5_000_000, oldestDueAt: null };
    },
  };
  const pressed = pressureOfQueue(driver, { now: () => now }, LIMITS, (error) => {
    throw error;
  });
  for (let second = 0; second < 60; second++) {
    pressed();
    await new Promise<void>((resolve) => setImmediate(resolve));
    now += 1_000;
  }
  expect(asked).toBe(4);
});
