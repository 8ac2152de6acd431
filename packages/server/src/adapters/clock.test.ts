import { expect, test } from "vitest";
import { SYSTEM_TIME, steadyClock } from "./clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 18, 10, 30);

/** A machine whose clocks are moved by hand. */
function machine() {
  let wall = START;
  let steady = 5_000;
  let boot = 90_000;
  const steps: number[] = [];
  const clock = steadyClock({ wall: () => wall, steady: () => steady, sinceBoot: () => boot }, (ms) =>
    steps.push(ms),
  );
  return {
    steps,
    now: () => clock.now(),
    pass(ms: number) {
      wall += ms;
      steady += ms;
      boot += ms;
    },
    sleep(ms: number) {
      wall += ms;
      boot += ms;
    },
    move(ms: number) {
      wall += ms;
    },
  };
}

test("it starts at the wall's time and goes on with what passes", () => {
  const { now, pass, steps } = machine();
  expect(now()).toBe(START);
  pass(HOUR);
  expect(now()).toBe(START + HOUR);
  expect(steps).toEqual([]);
});

test.each([HOUR, -HOUR, 8 * DAY, -8 * DAY])("the wall moves by %d ms: its own time does not", (ms) => {
  const { now, pass, move, steps } = machine();
  pass(1_000);
  now();
  move(ms);
  expect(now()).toBe(START + 1_000);
  expect(steps).toEqual([ms]);
  pass(60_000);
  expect(Math.abs(now() - (START + 61_000))).toBeLessThanOrEqual(60);
  expect(steps).toEqual([ms]);
});

test("after a small difference it follows the wall, a thousandth of the time that passes", () => {
  const { now, pass, move, steps } = machine();
  move(1_500);
  now();
  for (let second = 0; second < 1_000; second++) {
    pass(1_000);
    now();
  }
  expect(now()).toBe(START + 1_000_000 + 1_000);
  pass(500_000);
  expect(now()).toBe(START + 1_500_000 + 1_500);
  pass(1_000);
  expect(now()).toBe(START + 1_501_000 + 1_500);
  expect(steps).toEqual([]);
});

test("it never goes back, however the wall is moved", () => {
  const { now, pass, move } = machine();
  let last = now();
  for (const ms of [-1_900, -3_000, 5_000, -HOUR, 1_999, -DAY, -1_500, DAY]) {
    move(ms);
    pass(1);
    expect(now()).toBeGreaterThanOrEqual(last);
    last = now();
  }
});

test("a machine that slept has really passed that time", () => {
  const { now, sleep, pass, steps } = machine();
  sleep(8 * HOUR);
  expect(now()).toBe(START + 8 * HOUR);
  pass(1_000);
  expect(now()).toBe(START + 8 * HOUR + 1_000);
  expect(steps).toEqual([]);
});

test("a clock that is set while the machine sleeps counts for the sleep alone", () => {
  const { now, sleep, move, steps } = machine();
  sleep(HOUR);
  move(-2 * DAY);
  expect(now()).toBe(START + HOUR);
  expect(steps).toEqual([-2 * DAY]);
});

test("the system's clocks agree with each other", () => {
  const clock = steadyClock(SYSTEM_TIME, (ms) => expect.fail(`moved by ${ms} ms`));
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
});
