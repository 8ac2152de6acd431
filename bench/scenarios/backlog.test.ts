import { expect, it } from "vitest";
import { firstMinuteOf } from "./backlog.mjs";

const window = (beganMs: number, rate: number, distinct: number) => ({
  beganMs,
  rate,
  distinct,
  hubMicros: distinct * 100,
  postgresMicros: distinct * 50,
  mb: 0,
});

it("the first minute of a drain is made of the windows that begin in it, however long the drain goes on", () => {
  const windows = [window(0, 10, 20), window(59_000, 20, 60), window(61_000, 900, 2_000)];
  windows[1].hubMicros = 120 * 60;
  expect(firstMinuteOf(windows)).toEqual({ rates: [10, 20], hubMicros: 120, postgresMicros: 50 });
});
