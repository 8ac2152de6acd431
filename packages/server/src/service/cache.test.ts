import { expect, test } from "vitest";
import { Cache } from "./cache.ts";

function cacheAt(start: number) {
  let now = start;
  const cache = new Cache<number>({ now: () => now }, { ttlMs: 5_000, limit: 2 });
  const set = (to: number) => {
    now = to;
  };
  return { cache, set };
}

test("an entry goes stale, and is gone at once when it is deleted", () => {
  const { cache, set } = cacheAt(1_000);
  cache.set("a", 1);
  set(5_999);
  expect(cache.get("a")).toBe(1);
  set(6_000);
  expect(cache.get("a")).toBeUndefined();
  cache.set("a", 2);
  cache.delete("a");
  expect(cache.get("a")).toBeUndefined();
});

test("the oldest entry makes room", () => {
  const { cache } = cacheAt(0);
  for (const [index, key] of ["a", "b", "c"].entries()) cache.set(key, index);
  expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([undefined, 1, 2]);
});

test("a clock that is set back does not keep an entry alive", () => {
  const { cache, set } = cacheAt(100_000);
  cache.set("a", 1);
  set(50_000);
  expect(cache.get("a")).toBeUndefined();
});
