import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { isIn, parseNetwork, specialKind } from "./network.ts";

const parsed = (text: string): string => {
  const network = parseNetwork(text);
  return network === null ? "none" : `${network.base}/${network.prefixBits}`;
};

describe("a network", () => {
  it.each([
    ["127.0.0.1/32", "127.0.0.1/32"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.168.1.1", "192.168.1.1/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::1/128", "::1/128"],
    ["fd00::/8", "fd00::/8"],
    ["::1", "::1/128"],
  ])("is read from %s", (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  it.each([
    "",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10/8",
    "0x0a.0.0.0/8",
    "::/129",
    "fe80::1%eth0/64",
    "localhost",
  ])("is not read from %j", (text) => {
    expect(parsed(text)).toBe("none");
  });

  it("never matches an address of the other family", () => {
    const all = parseNetwork("0.0.0.0/0");
    expect(all !== null && isIn([all], "::ffff:10.0.0.1")).toBe(false);
    expect(all !== null && isIn([all], "10.0.0.1")).toBe(true);
  });
});

describe("an address", () => {
  it("is never public where the registry that ipaddr.js carries says otherwise", () => {
    type Range = readonly [base: ipaddr.IPv4 | ipaddr.IPv6, prefixBits: number];
    // The library has the table, its types do not.
    const families = [ipaddr.IPv4.prototype, ipaddr.IPv6.prototype] as unknown as {
      readonly SpecialRanges: Readonly<Record<string, Range | readonly Range[]>>;
    }[];
    const isList = (entry: Range | readonly Range[]): entry is readonly Range[] => Array.isArray(entry[0]);
    const ranges = families
      .flatMap(({ SpecialRanges }) => Object.values(SpecialRanges))
      .flatMap((entry) => (isList(entry) ? entry : [entry]));
    expect(ranges.length).toBeGreaterThan(25);
    for (const [base] of ranges) expect([String(base), specialKind(String(base))]).not.toContain(null);
  });

  it("is not public where it cannot be read", () => {
    expect(specialKind("127.1")).toBe("not an address");
    expect(specialKind("fe80::1%eth0")).toBe("not an address");
  });
});
