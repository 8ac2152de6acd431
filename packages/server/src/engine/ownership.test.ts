import { expect, test } from "vitest";
import { ownerOf } from "./ownership.ts";

const ENDPOINTS = Array.from({ length: 3_000 }, (_, i) => `wh_01kf8z${String(i).padStart(6, "0")}`);
const PROCESSES = ["proc_a", "proc_b", "proc_c"];
const shares = (processes: readonly string[]) =>
  processes.map((id) => ENDPOINTS.filter((each) => ownerOf(each, processes) === id).length);

test("every lane has one owner, whatever the order of the ids", () => {
  for (const endpoint of ENDPOINTS) {
    expect(PROCESSES).toContain(ownerOf(endpoint, PROCESSES));
    expect(ownerOf(endpoint, PROCESSES.toReversed())).toBe(ownerOf(endpoint, PROCESSES));
  }
});

test("the shares are about equal", () => {
  for (const share of shares(PROCESSES)) expect(Math.abs(share - 1_000)).toBeLessThan(150);
});

test("when a process goes only its own lanes move, and when one comes it takes from all", () => {
  const left = ["proc_a", "proc_c"];
  const moved = ENDPOINTS.filter((each) => ownerOf(each, PROCESSES) !== ownerOf(each, left));
  expect(moved.every((each) => ownerOf(each, PROCESSES) === "proc_b")).toBe(true);
  expect(Math.min(...shares(left))).toBeGreaterThan(Math.max(...shares(PROCESSES)));
});

test("where nobody lives nobody owns it", () => {
  expect(ownerOf("wh_1", [])).toBeNull();
  expect(ownerOf("wh_1", ["proc_a"])).toBe("proc_a");
});
