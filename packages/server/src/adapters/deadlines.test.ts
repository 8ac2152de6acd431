import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadlines } from "./deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const expired: string[] = [];
  const list = deadlines<string>(1_000, (item) => expired.push(item));
  return { expired, list, add: (item: string) => list.add(item, performance.now()) };
}

describe("a deadline", () => {
  it("passes for each item when its own time is up, and not before", () => {
    const { expired, add } = watched();
    add("a");
    vi.advanceTimersByTime(400);
    add("b");
    vi.advanceTimersByTime(599);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(400);
    expect(expired).toEqual(["a", "b"]);
  });

  it("does not pass for what was finished", () => {
    const { expired, list, add } = watched();
    const a = add("a");
    add("b");
    list.remove(a);
    vi.advanceTimersByTime(1_000);
    expect(expired).toEqual(["b"]);
  });

  it("needs one timer, however much is under way, and none when nothing is", () => {
    const { list, add } = watched();
    const places: number[] = [];
    for (let i = 0; i < 100; i++) {
      places.push(add(`item ${i}`));
      vi.advanceTimersByTime(1);
      expect(vi.getTimerCount()).toBe(1);
    }
    for (const place of places) list.remove(place);
    vi.advanceTimersByTime(2_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is kept for what begins after a quiet time", () => {
    const { expired, list, add } = watched();
    const a = add("a");
    list.remove(a);
    vi.advanceTimersByTime(10_000);
    add("b");
    vi.advanceTimersByTime(1_000);
    expect(expired).toEqual(["b"]);
  });
});

it("keeps each item's time however many have come and gone, in whatever order", () => {
  const { expired, list, add } = watched();
  const hangs = add("hangs");
  const places = Array.from({ length: 5_000 }, (_, i) => add(`item ${i}`));
  for (const place of places.reverse()) list.remove(place);
  list.remove(hangs);
  vi.advanceTimersByTime(500);
  const late = add("late");
  add("later");
  list.remove(hangs);
  list.remove(places[0] ?? 0);
  vi.advanceTimersByTime(999);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["late", "later"]);
  list.remove(late);
  expect(vi.getTimerCount()).toBe(0);
});

describe("draining", () => {
  it("ends at once where nothing is under way", async () => {
    await watched().list.drained();
  });

  it("ends when the last item is finished or has expired", async () => {
    const { list, add } = watched();
    const ended: string[] = [];
    const a = add("a");
    add("b");
    const drained = list.drained().then(() => ended.push("drained"));
    list.remove(a);
    await Promise.resolve();
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1_000);
    await drained;
    expect(ended).toEqual(["drained"]);
  });
});
