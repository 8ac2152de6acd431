import { expect, test } from "vitest";
import { Shares } from "./shares.ts";

test("a lane may have a part of what is free, so that a few leave most to the others", () => {
  const shares = new Shares(900, 1 / 8);
  const each: number[] = [];
  for (let lane = 0; lane < 3; lane++) {
    let mine = 0;
    for (; shares.perLane > mine; mine++) shares.take("unknown", 1);
    each.push(mine);
  }
  expect(each).toEqual([100, 89, 79]);
});

test("those that failed leave half, and those that nothing is known of a quarter, to those that are proven", () => {
  const shares = new Shares(100, 1);
  shares.take("failed", 50);
  expect([shares.left("failed"), shares.left("unknown"), shares.left("proven")]).toEqual([0, 25, 50]);
  expect(shares.open()).toEqual(["proven", "unknown"]);
  shares.take("unknown", 25);
  expect([shares.left("unknown"), shares.left("proven")]).toEqual([0, 25]);
  shares.take("proven", 25);
  expect(shares.open()).toEqual([]);
  // A place that a better one gives back is nobody else's.
  shares.take("proven", -1);
  expect(shares.open()).toEqual(["proven"]);
});

test("those that are proven may take everything, and then nobody has a place", () => {
  const shares = new Shares(100, 1);
  shares.take("proven", 100);
  expect([shares.left("proven"), shares.left("unknown"), shares.left("failed")]).toEqual([0, 0, 0]);
});
