import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

const limits = { maxInFlight: 64, minInFlight: 4, window: 1_024 };
const OK = { succeeded: true, durationMs: 5 };
const BAD = { succeeded: false, durationMs: 5 };
const SECOND = 1_000;

/** Attempts that may begin in each second from `from` on, when it is asked every millisecond. */
function begun(pace: Pace, from: number, seconds: number): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    let count = 0;
    for (let now = from + second * SECOND; now < from + (second + 1) * SECOND; now++) {
      for (; count < 10_000 && pace.isOpen(now); count++) pace.took(now);
    }
    return count;
  });
}

function afterAnOutage(): Pace {
  const pace = new Pace(limits);
  for (const now of [0, 500, 1_200]) pace.ended(BAD, now);
  pace.ended(OK, 2_000);
  return pace;
}

test("an endpoint that comes back is sent to on a ramp, which ends", () => {
  const pace = afterAnOutage();
  for (const [second, count] of begun(pace, 2_000, 10).entries()) {
    const meant = 50 + 50 * (second + 0.5);
    expect(Math.abs(count - meant), `second ${second}: ${count}`).toBeLessThanOrEqual(3);
  }
  expect(begun(pace, 122_000, 1)).toEqual([10_000]);
});

test("what its ramp allowed and nothing used is not made up for", () => {
  const pace = afterAnOutage();
  expect(begun(pace, 12_000, 1)[0]).toBeLessThan(50 + 50 * 11 + 20);
});

test("a ramp is nobody's fault but the endpoint's", () => {
  expect(afterAnOutage().isHealthy(2_100)).toBe(false);
});

test.each([
  { name: "failures in a row within a moment", failures: [0, 1, 2, 3, 4, 5], success: 20 },
  { name: "two failures, however far apart", failures: [0, 60_000], success: 120_000 },
])("$name are no outage", ({ failures, success }) => {
  const pace = new Pace(limits);
  for (const now of failures) pace.ended(BAD, now);
  pace.ended(OK, success);
  expect(begun(pace, success, 1)).toEqual([10_000]);
});

test("one attempt that hung for long enough, among failures in a row, makes it an outage", () => {
  const pace = new Pace(limits);
  for (let i = 0; i < 3; i++) pace.ended({ succeeded: false, durationMs: 10_000 }, 10_000);
  pace.ended(OK, 10_001);
  expect(begun(pace, 10_001, 1)[0]).toBeLessThan(100);
});

test("what is not known to answer, or fails, has few deliveries in memory; what answers as many as there is room for", () => {
  const pace = new Pace(limits);
  expect(pace.ahead).toBe(64);
  pace.ended(OK, 0);
  expect(pace.ahead).toBe(Number.POSITIVE_INFINITY);
  for (const now of [1, 2, 3, 4]) pace.ended(BAD, now);
  expect(pace.ahead).toBe(Number.POSITIVE_INFINITY);
  pace.ended(BAD, 5);
  expect(pace.ahead).toBe(64);
  pace.ended(OK, 6);
  expect(pace.ahead).toBe(Number.POSITIVE_INFINITY);
});
