import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVault, SealedTextError, sameSecret } from "./vault.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const vault = createVault(key(1));

describe("a sealed secret", () => {
  it("opens for its owner, whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (plain, owner) => {
        expect(vault.open(vault.seal(plain, owner), owner)).toBe(plain);
      }),
    );
  });

  it("is another text each time, and names its version", () => {
    const sealed = vault.seal("whsec_a", "wh_1");
    expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
    expect(sealed).not.toBe(vault.seal("whsec_a", "wh_1"));
    expect(sealed).not.toContain(Buffer.from("whsec_a").toString("base64url"));
  });

  it("does not open for another owner", () => {
    expect(() => vault.open(vault.seal("whsec_a", "wh_1"), "wh_2")).toThrow(SealedTextError);
  });

  it("does not open under another key", () => {
    expect(() => createVault(key(2)).open(vault.seal("whsec_a", "wh_1"), "wh_1")).toThrow(SealedTextError);
  });

  it("opens under the same key in another process", () => {
    expect(createVault(key(1)).open(vault.seal("whsec_a", "wh_1"), "wh_1")).toBe("whsec_a");
  });

  it("does not open where any byte was altered", () => {
    const bytes = Buffer.from(vault.seal("whsec_a", "wh_1").slice(3), "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const altered = Buffer.from(bytes);
      altered[i] = (altered[i] ?? 0) ^ 1;
      expect(() => vault.open(`v1.${altered.toString("base64url")}`, "wh_1")).toThrow(SealedTextError);
    }
  });

  it.each(["", "v1.", "v1.AAAA", "v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "whsec_plain"])(
    "does not open where it never was one: %j",
    (text) => {
      expect(() => vault.open(text, "wh_1")).toThrow(SealedTextError);
    },
  );
});

describe("a keyed hash", () => {
  it("is the same for the same text and key only", () => {
    expect(vault.hash("sk_live_a")).toMatch(/^[0-9a-f]{64}$/);
    expect(vault.hash("sk_live_a")).toBe(createVault(key(1)).hash("sk_live_a"));
    expect(vault.hash("sk_live_a")).not.toBe(vault.hash("sk_live_b"));
    expect(vault.hash("sk_live_a")).not.toBe(createVault(key(2)).hash("sk_live_a"));
  });
});

describe("derived bytes", () => {
  it("depend on the seed and the key alone, and a shorter request is the beginning of a longer one", () => {
    const long = vault.derive("seed", 100);
    expect(long).toHaveLength(100);
    expect(Buffer.from(long.subarray(0, 10))).toEqual(Buffer.from(vault.derive("seed", 10)));
    expect(vault.derive("seed", 32)).not.toEqual(vault.derive("other", 32));
    expect(vault.derive("seed", 32)).not.toEqual(createVault(key(2)).derive("seed", 32));
  });

  it("are none of what another purpose makes of the same text", () => {
    expect(Buffer.from(vault.derive("a", 32)).toString("hex")).not.toBe(vault.hash("a"));
  });

  it("have an upper limit", () => {
    expect(() => vault.derive("seed", 255 * 32 + 1)).toThrow(RangeError);
  });
});

describe("a vault", () => {
  it.each([0, 16, 31, 33])("is not made with a key of %i bytes", (size) => {
    expect(() => createVault(new Uint8Array(size))).toThrow("32 bytes");
  });
});

describe("comparing secrets", () => {
  it("never throws, whatever the lengths", () => {
    expect(sameSecret("abc", "abc")).toBe(true);
    for (const presented of ["", "ab", "abcd", "é", "\ud800"])
      expect(sameSecret(presented, "abc")).toBe(false);
  });
});
