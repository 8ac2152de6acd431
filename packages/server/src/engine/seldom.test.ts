import { expect, test } from "vitest";
import { seldom } from "./seldom.ts";

function rig(tookMs: number, leastMs: number) {
  const state = { now: 1_000, asked: 0 };
  const end: (() => void)[] = [];
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const number = ++state.asked;
      end.push(() => {
        state.now += tookMs;
        if (number === 2) reject(new Error("cannot be asked"));
        else resolve(number);
      });
    });
  const look = seldom(ask, { now: () => state.now }, leastMs);
  return { state, look, answer: () => end.shift()?.() };
}

test("all who come while it is asked get one answer, and so do those soon after", async () => {
  const { state, look, answer } = rig(100, 0);
  const [first, second] = [look(), look()];
  answer();
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  state.now = 1_000 + 20 * 100 - 1;
  expect(await look()).toBe(1);
  state.now += 1;
  const failing = look();
  answer();
  await expect(failing).rejects.toThrow("cannot be asked");
  expect(state.asked).toBe(2);
});

test("a failure holds no longer than an answer, and a quick answer for as long as is said", async () => {
  const { state, look, answer } = rig(1, 50);
  const first = look();
  answer();
  await first;
  state.now += 48;
  expect(await look()).toBe(1);
  state.now += 1;
  const failing = look();
  answer();
  await expect(failing).rejects.toThrow();
  state.now += 50;
  const third = look();
  answer();
  expect(await third).toBe(3);
});
