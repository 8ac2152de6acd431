import { describe, expect, it } from "vitest";
import { idsFrom } from "../domain/id.ts";
import { cryptoRandom, seededRandom } from "./random.ts";
import { createVault } from "./vault.ts";

const vault = createVault(new Uint8Array(32).fill(1));

describe("the system's randomness", () => {
  it("gives as many bytes as asked, also beyond its pool", () => {
    const random = cryptoRandom();
    for (const size of [0, 1, 10, 8_191, 8_192, 20_000]) expect(random.bytes(size)).toHaveLength(size);
  });

  it("does not repeat itself across refills", () => {
    const random = cryptoRandom();
    const seen = new Set(Array.from({ length: 5_000 }, () => Buffer.from(random.bytes(10)).toString("hex")));
    expect(seen.size).toBe(5_000);
  });

  it("leaves what it gave unchanged when it goes on", () => {
    const random = cryptoRandom();
    const first = random.bytes(10);
    const copy = Uint8Array.from(first);
    random.bytes(20_000);
    expect(first).toEqual(copy);
  });
});

describe("seeded randomness", () => {
  it("makes the same ids for the same seed, and others for another", () => {
    const ids = (seed: string) => {
      const newId = idsFrom({ now: () => 1_700_000_000_000 }, seededRandom(vault, seed));
      return Array.from({ length: 50 }, () => newId("evt_"));
    };
    expect(ids("a")).toEqual(ids("a"));
    expect(new Set([...ids("a"), ...ids("b"), ...ids("1 a")]).size).toBe(150);
  });
});
