import { uptime } from "node:os";
import { performance } from "node:perf_hooks";
import type { Clock } from "../domain/id.ts";

/** Milliseconds, each from a start of its own. */
export interface TimeSources {
  /** Epoch: what the machine takes the time to be. It may be moved at any moment. */
  wall(): number;
  /** Is never moved; may stand still while the machine sleeps. */
  steady(): number;
  /** Is never moved, and counts sleep; coarse (up to a second), and a hundred times dearer than the others. */
  sinceBoot(): number;
}

export const SYSTEM_TIME: TimeSources = Object.freeze({
  wall: () => Date.now(),
  steady: () => performance.now(),
  sinceBoot: () => uptime() * 1_000,
});

/** For what others compare with their own clocks: the stamps of signatures. */
export const wallClock: Clock = Object.freeze({ now: () => Date.now() });

/** More than the coarseness of `sinceBoot`; what is less is made up for unnoticed. */
const STEP_MS = 2_000;
/** How fast it follows the wall: a retry due in an hour comes at most 4 s early or late. */
const SLEW = 0.001;

/**
 * The hub's own time: the wall's at the start, and from then on as much more as has really passed. Delays, deadlines,
 * leases and ages are differences of it, so a clock that is set right (or wrong) under a running hub makes nothing due
 * early, late or never. It never goes back. A machine that slept is no clock that was moved.
 * `onStep` is told by how many ms the wall was moved, once for each time.
 */
export function steadyClock(
  { wall, steady, sinceBoot }: TimeSources,
  onStep: (movedMs: number) => void,
): Clock {
  let at = steady();
  // All three are what the clock named is ahead of the steady one by.
  let own = wall() - at;
  let wallAhead = own;
  let bootAhead = sinceBoot() - at;

  const lookAfterStep = (movedMs: number): void => {
    const sleptMs = Math.max(0, sinceBoot() - at - bootAhead);
    bootAhead += sleptMs;
    const steppedMs = movedMs - sleptMs;
    const isStep = Math.abs(steppedMs) > STEP_MS;
    own += isStep ? sleptMs : movedMs;
    if (isStep) onStep(Math.round(steppedMs));
  };

  return {
    now() {
      const passedMs = steady() - at;
      at += passedMs;
      const ahead = wall() - at;
      const movedMs = ahead - wallAhead;
      wallAhead = ahead;
      if (Math.abs(movedMs) > STEP_MS) lookAfterStep(movedMs);
      const mostMs = passedMs * SLEW;
      own += Math.min(mostMs, Math.max(-mostMs, ahead - own));
      return Math.round(at + own);
    },
  };
}
