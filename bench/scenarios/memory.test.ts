import { describe, expect, it } from "vitest";
import { growth, settlingMinutes } from "./memory.mjs";

/** One a second: 100 MB a minute until the heap has settled at minute 5, then `perMinute`. */
const run = (minutes: number, perMinute: number) =>
  Array.from({ length: minutes * 60 }, (_, second) => {
    const minute = (second + 1) / 60;
    const mb = 100 * Math.min(minute, 5) + perMinute * Math.max(minute - 5, 0);
    return { minute, mb, each: { hub: mb } };
  });

describe("memory's growth", () => {
  it("is that after five minutes, in runs that are longer", () => {
    const { slope, error, sizes, last } = growth(run(30, 2), 30);
    expect(slope).toBeCloseTo(2);
    expect(error).toBeCloseTo(0);
    expect(sizes).toHaveLength(25 * 60 + 1);
    expect(last.mb).toBeCloseTo(550);
  });

  it("is that after a quarter of a shorter run", () => {
    expect([2, 5, 6].map(settlingMinutes)).toEqual([0.5, 1.25, 5]);
    expect(growth(run(4, 0), 4).sizes).toHaveLength(3 * 60 + 1);
  });

  it("is unknown of a run that was too short for a sample", () => {
    expect(growth([], 0.01).slope).toBeNaN();
  });
});
