import { expect, it } from "vitest";
import { table } from "./report.mjs";

it("a figure that is not known is no share of its limit", () => {
  const limit = { name: "asked", value: 5_000 };
  const rows = [Number.POSITIVE_INFINITY, Number.NaN, 2_500].map((value) => ({
    scenario: "s",
    figure: "p99",
    value,
    unit: "ms",
    limit,
  }));
  const shares = table(rows)
    .split("\n")
    .slice(2)
    .map((line) => line.split(/ {2,}/).at(-1)?.trim());
  expect(shares).toEqual(["–", "–", "50 %"]);
});
