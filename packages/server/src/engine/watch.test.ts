import { beforeEach, expect, test } from "vitest";
import type { Lost } from "../store/driver.ts";
import { Watch } from "./watch.ts";

let now: number;
let lost: Lost[];
let buried: string[];
let fails: boolean;
let watch: Watch;
beforeEach(() => {
  now = 1_000_000;
  lost = [];
  buried = [];
  fails = false;
  watch = new Watch({
    clock: { now: () => now },
    presence: {
      lost: async () => {
        if (fails) throw new Error("The store cannot be asked.");
        return lost;
      },
      bury: async (process) => {
        buried.push(process);
        lost = lost.filter((each) => each.process !== process);
        return true;
      },
      listen: () => undefined,
    },
  });
});

const lookAfter = (ms: number): Promise<boolean> => {
  now += ms;
  return watch.look();
};

test("a process that has been lost for a second is buried, and no sooner", async () => {
  lost = [{ process: "a", withServer: false }];
  expect(await watch.look()).toBe(false);
  expect(await lookAfter(999)).toBe(false);
  expect(buried).toEqual([]);
  expect(await lookAfter(1)).toBe(true);
  expect(buried).toEqual(["a"]);
  expect(await lookAfter(500)).toBe(false);
});

test("one that is back in time is lost anew the next time", async () => {
  const a = { process: "a", withServer: false };
  lost = [a];
  await watch.look();
  lost = [];
  // It may as well have been buried by another.
  expect(await lookAfter(500)).toBe(true);
  lost = [a];
  await lookAfter(500);
  await lookAfter(999);
  expect(buried).toEqual([]);
});

test("after the server was started anew everybody has ten seconds", async () => {
  lost = [{ process: "a", withServer: true }];
  await watch.look();
  await lookAfter(9_999);
  expect(buried).toEqual([]);
  await lookAfter(1);
  expect(buried).toEqual(["a"]);
});

test("while the store cannot be asked nobody's time runs", async () => {
  lost = [{ process: "a", withServer: false }];
  await watch.look();
  fails = true;
  await expect(lookAfter(500)).rejects.toThrow();
  fails = false;
  await lookAfter(500);
  await lookAfter(999);
  expect(buried).toEqual([]);
});
