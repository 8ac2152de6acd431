import { expect, it } from "vitest";
import { seen } from "./outage.mjs";

const SECOND = 1_000_000;

it("the others' delays count as meanwhile from the first of the queued that arrives until nearly all have", () => {
  const before = 300;
  const meantAt = Float64Array.from({ length: before + 4 }, (_, event) => event * 1_000);
  const arrivedAt = meantAt.map((at) => at + 1_000);
  // Every third one queued, and they arrive from the tenth second on, four in each; the very last one an hour later.
  for (let event = 0; event < before; event += 3) arrivedAt[event] = (10 + event / 12) * SECOND;
  arrivedAt[297] = 3_600 * SECOND;
  // The others, after it came back: one too early, two meanwhile of which one was lost, one afterwards.
  meantAt.set([9 * SECOND, 12 * SECOND, 13 * SECOND, 40 * SECOND], before);
  arrivedAt.set([9 * SECOND + 2_000, 12 * SECOND + 3_000, 0, 40 * SECOND + 5_000], before);
  const { seconds, steps, meanwhile, calm, missing } = seen({ meantAt, arrivedAt }, before);
  expect(seconds).toBe(24.5);
  expect(steps.slice(0, 3)).toEqual([2, 2, 2]);
  expect(meanwhile).toEqual([3, Number.POSITIVE_INFINITY]);
  expect(calm).toEqual([5]);
  expect(missing).toBe(1);
});

it("what has not arrived is not drained", () => {
  const times = { meantAt: new Float64Array(300), arrivedAt: new Float64Array(300).fill(1) };
  for (let event = 0; event < 30; event += 3) times.arrivedAt[event] = 0;
  expect(seen(times, 300).seconds).toBe(Number.POSITIVE_INFINITY);
});
