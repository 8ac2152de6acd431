import type { Timers } from "../engine/timers.ts";

/** setTimeout holds 31 bits of milliseconds; a longer wait is cut short, and whoever wakes looks at the clock. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimers: Timers = Object.freeze({
  after(delayMs: number, task: () => void) {
    const timer = setTimeout(task, Math.min(delayMs, LONGEST_MS));
    return () => clearTimeout(timer);
  },
  soon(task: () => void) {
    setImmediate(task);
  },
});
