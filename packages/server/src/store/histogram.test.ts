import fc from "fast-check";
import { expect, it } from "vitest";
import { bucketOf, quantile } from "./histogram.ts";

const countsOf = (durations: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const duration of durations) counts.set(bucketOf(duration), (counts.get(bucketOf(duration)) ?? 0) + 1);
  return counts;
};

it("is within 20 % of the true quantile from a millisecond up", () => {
  const durations = fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const truth = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
      const told = quantile(countsOf(values), share) ?? 0;
      expect(Math.abs(told - truth) / truth).toBeLessThan(0.2);
    }),
  );
});

it("has no quantile of nothing, and takes what is shorter than a millisecond for one", () => {
  expect(quantile(new Map(), 0.5)).toBeNull();
  expect(quantile(countsOf([0, 0.2]), 0.5)).toBe(1);
});
