import { expect, it } from "vitest";
import { Marks } from "./marks.ts";

const ENDPOINT = 7;
const NOW = 1_000_000;

it("follow what was claimed, at a distance for what others commit late, and never go back", () => {
  const marks = new Marks();
  expect(marks.of(ENDPOINT)).toBe(0);
  marks.advance(ENDPOINT, 100_000, marks.age, NOW);
  expect(marks.of(ENDPOINT)).toBe(98_000);
  marks.advance(ENDPOINT, 90_000, marks.age, NOW);
  expect(marks.of(ENDPOINT)).toBe(98_000);
  expect(marks.of(ENDPOINT + 1)).toBe(0);
});

it("do not hide what comes back: neither while it does, nor from a claim that began before", async () => {
  const marks = new Marks();
  marks.advance(ENDPOINT, 100_000, marks.age, NOW);
  const before = marks.age;
  let end = () => {};
  const returning = marks.returning(new Promise<void>((resolve) => (end = resolve)));
  expect(marks.of(ENDPOINT)).toBe(0);
  end();
  await returning;
  marks.advance(ENDPOINT, 200_000, before, NOW);
  expect(marks.of(ENDPOINT)).toBe(0);
  marks.advance(ENDPOINT, 200_000, marks.age, NOW);
  expect(marks.of(ENDPOINT)).toBe(198_000);
});

it("are forgotten now and then, lane by lane, and less often where looking at everything takes long", () => {
  const marks = new Marks();
  expect(marks.sweeps(1_000_000, [ENDPOINT])).toBe(true);
  marks.swept(1_000_000, 1);
  marks.advance(ENDPOINT, 1_000_000, marks.age, NOW);
  marks.advance(ENDPOINT + 1, 1_000_000, marks.age, NOW);
  expect(marks.sweeps(1_004_999, [ENDPOINT])).toBe(false);
  expect(marks.of(ENDPOINT)).toBe(998_000);
  expect(marks.sweeps(1_005_000, [ENDPOINT])).toBe(true);
  expect(marks.of(ENDPOINT)).toBe(0);
  expect(marks.of(ENDPOINT + 1)).toBe(998_000);
  // What one claim has taken for its lanes puts off the sweeps of all, or thirty lanes would do nothing else.
  marks.swept(1_005_000, 2_000);
  expect(marks.sweeps(1_044_999, [ENDPOINT, ENDPOINT + 1])).toBe(false);
  expect(marks.of(ENDPOINT + 1)).toBe(998_000);
  expect(marks.sweeps(1_045_000, [ENDPOINT, ENDPOINT + 1])).toBe(true);
  expect(marks.of(ENDPOINT + 1)).toBe(0);
  // A clock that was set back is no reason to wait.
  expect(marks.sweeps(100_000, [ENDPOINT])).toBe(true);
});

it("stay where they are when lanes are looked for without them, but for what is due before", () => {
  const marks = new Marks();
  for (const endpoint of [ENDPOINT, ENDPOINT + 1]) marks.advance(endpoint, 1_000_000, marks.age, NOW);
  const before = marks.looks(1_000_000);
  if (before === null) throw new Error("It is time.");
  marks.looked(1_000_000, 500);
  // What a claim passes while the look is under way was there to be claimed.
  marks.advance(ENDPOINT + 1, 1_001_000, marks.age, NOW);
  marks.found(ENDPOINT, 997_999, before);
  marks.found(ENDPOINT + 1, 998_000, before);
  expect([marks.of(ENDPOINT), marks.of(ENDPOINT + 1)]).toEqual([0, 999_000]);
  expect(marks.looks(1_009_999)).toBeNull();
  expect(marks.looks(1_010_000)).not.toBeNull();
  expect(marks.looks(900_000)).not.toBeNull();
});

it("of a backlog that has waited for days stay while it is claimed, and go when nothing is claimed any more", () => {
  const marks = new Marks();
  const days = 86_400_000;
  marks.advance(ENDPOINT, NOW, marks.age, NOW + 3 * days);
  const at = () => [...(marks.looks(NOW + 3 * days) ?? []), ...(marks.looks(NOW + 3 * days + 600_001) ?? [])];
  expect(at()).toEqual([[ENDPOINT, NOW - 2_000]]);
});
