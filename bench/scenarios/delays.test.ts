import { expect, it } from "vitest";
import { quantile } from "../stats.mjs";
import { delaysMs } from "./delays.mjs";

it("what never came counts among the latest, and makes no percentile better", () => {
  const delays = delaysMs([1_000, 2_000, 3_000], [2_500, 0, 3_500]);
  expect(delays).toEqual([1.5, Number.POSITIVE_INFINITY, 0.5]);
  expect(quantile(delays, 0.5)).toBe(1.5);
  expect(quantile(delays, 0.99)).toBe(Number.POSITIVE_INFINITY);
});
