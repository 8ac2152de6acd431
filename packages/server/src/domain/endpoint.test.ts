import { expect, test } from "vitest";
import { DAY_MS, failedOnMostDays, isFailingForDays, NO_RECORD } from "./endpoint.ts";

const NOW = Date.UTC(2026, 0, 18, 10, 30);
const record = (failingSince: number, lastFailureAt: number) => ({
  ...NO_RECORD,
  consecutiveFailures: 9,
  failingSince,
  lastFailureAt,
});

test.each([
  ["for seven days, and today", 7 * DAY_MS, DAY_MS, true],
  ["for not quite seven days", 7 * DAY_MS - 1, 0, false],
  ["for seven days, but silent since yesterday", 8 * DAY_MS, DAY_MS + 1, false],
])("failing %s", (_, sinceMs, lastMs, expected) => {
  expect(isFailingForDays(record(NOW - sinceMs, NOW - lastMs), NOW)).toBe(expected);
});

test("an endpoint that never failed is not failing", () => {
  expect(isFailingForDays(NO_RECORD, NOW)).toBe(false);
});

test.each([
  ["every day", [5, 10, 15, 20, 25, 30, 35], true],
  ["every other day", [1, 1, 2, 2, 3, 3, 4], true],
  ["on three days", [1, 1, 2, 2, 3, 3, 3], false],
  ["today alone, as after a clock that was set eight days forward", [40, 40, 40, 40, 40, 40, 40], false],
  ["today and seven days ago", [1, 1, 1, 1, 1, 1, 2], false],
  ["never", [0, 0, 0, 0, 0, 0, 0], false],
])("failures %s", (_, failuresSince, expected) => {
  expect(failedOnMostDays(failuresSince)).toBe(expected);
});
