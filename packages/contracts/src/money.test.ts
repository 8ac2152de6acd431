import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currencyExponent, decimal, hundredths } from "./money.ts";

describe("decimals", () => {
  it.each([
    [1499, 2, "14.99"],
    [4990, 2, "49.9"],
    [1000, 2, "10"],
    [0, 2, "0"],
    [30, 2, "0.3"],
    [-150, 2, "-1.5"],
    [1200, 0, "1200"],
    [12_345, 3, "12.345"],
    [1, 3, "0.001"],
    [999_999_999_999_999, 2, "9999999999999.99"],
  ])("%d with exponent %d is %s", (minor, exponent, text) => {
    expect(JSON.stringify(decimal(minor, exponent))).toBe(text);
  });

  it("print without float noise up to 10^15 minor units, in every exponent", () => {
    const minor = fc.integer({ min: -(10 ** 15), max: 10 ** 15 });
    fc.assert(
      fc.property(minor, fc.integer({ min: 0, max: 4 }), (amount, exponent) => {
        const [whole = "", fraction = ""] = JSON.stringify(decimal(amount, exponent)).split(".");
        expect(fraction.length).toBeLessThanOrEqual(exponent);
        expect(BigInt(whole.replace("-0", "0") + fraction.padEnd(exponent, "0"))).toBe(
          BigInt(whole.startsWith("-0") ? -amount : amount),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("hundredths", () => {
  it.each([
    [2599, 2, 2599],
    [1200, 0, 120_000],
    [15, 1, 150],
    [12_344, 3, 1234],
    [12_345, 3, 1235],
    [-12_344, 3, -1234],
    [-12_345, 3, -1235],
    [-4, 3, 0],
    [10_050, 4, 101],
    [10_049, 4, 100],
    [Number.MAX_SAFE_INTEGER, 3, 900_719_925_474_099],
  ])("of %d with exponent %d are %d, rounded half away from zero", (minor, exponent, expected) => {
    expect(Object.is(hundredths(minor, exponent), expected)).toBe(true);
  });
});

describe("a currency's exponent", () => {
  it.each([
    ["EUR", 2],
    ["DKK", 2],
    ["JPY", 0],
    ["IQD", 3],
    ["KWD", 3],
    ["CLF", 4],
    ["XYZ", 2],
  ])("of %s is ISO 4217's: %d", (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });
});
