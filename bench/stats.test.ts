import { describe, expect, it } from "vitest";
import { median, quantile, slope } from "./stats.mjs";

describe("the bench's statistics", () => {
  it("takes a quantile by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("takes the mean of the two in the middle as the median of an even number", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });

  it("finds a slope, and an error that tells it from noise", () => {
    const xs = Array.from({ length: 50 }, (_, index) => index);
    const straight = slope(
      xs,
      xs.map((x) => 3 + 2 * x),
    );
    expect(straight.slope).toBeCloseTo(2);
    expect(straight.error).toBeCloseTo(0);
    const flat = slope(
      xs,
      xs.map((x) => (x % 2 === 0 ? 10 : 11)),
    );
    expect(Math.abs(flat.slope)).toBeLessThan(2 * flat.error);
  });
});
