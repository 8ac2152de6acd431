import { expect, it } from "vitest";
import { Marks } from "./marks.ts";

const ENDPOINT = 7;

it("follow what was claimed, at a distance for what others commit late, and never go back", () => {
  const marks = new Marks();
  expect(marks.of(ENDPOINT)).toBe(0);
  marks.advance(ENDPOINT, 100_000, marks.age);
  expect(marks.of(ENDPOINT)).toBe(98_000);
  marks.advance(ENDPOINT, 90_000, marks.age);
  expect(marks.of(ENDPOINT)).toBe(98_000);
  expect(marks.of(ENDPOINT + 1)).toBe(0);
});

it("do not hide what comes back: neither while it does, nor from a claim that began before", async () => {
  const marks = new Marks();
  marks.advance(ENDPOINT, 100_000, marks.age);
  const before = marks.age;
  let end = () => {};
  const returning = marks.returning(new Promise<void>((resolve) => (end = resolve)));
  expect(marks.of(ENDPOINT)).toBe(0);
  end();
  await returning;
  marks.advance(ENDPOINT, 200_000, before);
  expect(marks.of(ENDPOINT)).toBe(0);
  marks.advance(ENDPOINT, 200_000, marks.age);
  expect(marks.of(ENDPOINT)).toBe(198_000);
});

it("are forgotten now and then, and less often where looking at everything takes long", () => {
  const marks = new Marks();
  expect(marks.sweeps(1_000_000)).toBe(true);
  marks.advance(ENDPOINT, 1_000_000, marks.age);
  expect(marks.sweeps(1_004_999)).toBe(false);
  expect(marks.of(ENDPOINT)).toBe(998_000);
  expect(marks.sweeps(1_005_000)).toBe(true);
  expect(marks.of(ENDPOINT)).toBe(0);
  marks.swept(2_000);
  expect(marks.sweeps(1_044_999)).toBe(false);
  expect(marks.sweeps(1_045_000)).toBe(true);
  // A clock that was set back is no reason to wait.
  expect(marks.sweeps(900_000)).toBe(true);
});
