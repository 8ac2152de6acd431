import { Refusal } from "../domain/error.ts";
import type { Clock } from "../domain/id.ts";
import { Fifo } from "./fifo.ts";
import type { Timers } from "./timers.ts";

export interface AdmissionLimits {
  /** How long an accept is held back at most. */
  readonly waitMs: number;
  /** Accepts held back at once; beyond it they are refused for now. */
  readonly waiting: number;
}

export const ADMISSION: AdmissionLimits = { waitMs: 1_000, waiting: 4_096 };

/** How stale the measured pressure may be. */
const MEASURE_MS = 25;
/** A little less than what goes out, so that the queue shrinks. */
const SHARE = 0.9;

export interface AdmissionParts {
  /** Whether deliveries are falling behind. */
  readonly pressed: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: AdmissionLimits;
}

/**
 * Backpressure. Without it ingest starves delivery: each accept costs less than the deliveries it causes. While the
 * process is saturated and a queue has built up, events are taken in only as fast as they go out. A queue behind a
 * slow, failing, paused or rate-limited endpoint holds nobody back.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #waiting = new Fifo<{ readonly since: number; readonly go: () => void }>();
  #pressed = false;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #fanOut = 1;
  #credit = 0;
  #timing = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Resolves when the event may be taken in. Throws `overloaded` when too many wait already. */
  async enter(): Promise<void> {
    if (!this.#underPressure()) return;
    if (this.#waiting.size >= this.#parts.limits.waiting) {
      throw new Refusal("overloaded", "The hub is not keeping up. Try again in a second.", {
        headers: { "retry-after": "1" },
      });
    }
    await new Promise<void>((go) => {
      this.#waiting.push({ since: this.#parts.clock.now(), go });
      this.#watch();
    });
  }

  accepted(deliveries: number): void {
    this.#fanOut += (deliveries - this.#fanOut) / 64;
  }

  /** A request has ended, and another event may come in for every so many of them. */
  sent(): void {
    if (this.#waiting.size === 0) return;
    this.#credit += SHARE / Math.max(1, this.#fanOut);
    for (; this.#credit >= 1 && this.#waiting.size > 0; this.#credit -= 1) this.#waiting.shift()?.go();
  }

  #underPressure(): boolean {
    const { clock, pressed } = this.#parts;
    const now = clock.now();
    if (Math.abs(now - this.#measuredAt) < MEASURE_MS) return this.#pressed;
    this.#measuredAt = now;
    this.#pressed = pressed();
    if (!this.#pressed) this.#releaseAll();
    return this.#pressed;
  }

  #releaseAll(): void {
    for (const { go } of this.#waiting.drain()) go();
  }

  /** Nobody waits longer than `waitMs`, whatever becomes of the pressure. */
  #watch(): void {
    const { timers, clock, limits } = this.#parts;
    if (this.#timing) return;
    this.#timing = true;
    timers.after(limits.waitMs / 4, () => {
      this.#timing = false;
      this.#underPressure();
      const due = clock.now() - limits.waitMs;
      for (let first = this.#waiting.peek(); first && first.since <= due; first = this.#waiting.peek()) {
        this.#waiting.shift()?.go();
      }
      if (this.#waiting.size > 0) this.#watch();
    });
  }
}
