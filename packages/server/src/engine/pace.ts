import type { LaneLimits } from "./limits.ts";
import { Ramp } from "./ramp.ts";

/** Failures in a row after which an endpoint counts as failing. */
const FAILING_AFTER = 5;
/** An endpoint that takes longer on average is slow by itself, however busy the hub is. */
const SLOW_MS = 250;
/** One that has ended no attempt for so long does not answer: what queues up behind it, until attempts time out, is its own doing. */
const SILENT_MS = 1_000;
/** After an outage the width grows by one request at most this often. */
const WIDER_MS = 50;
/** No success for so long, and so many failures in a row, are an outage. */
const OUTAGE_MS = 1_000;
const OUTAGE_FAILURES = 3;

/** Deliveries in memory of one that is not known to answer: more would only grow old there. */
const FEW = 64;

/**
 * How much at once, and how fast, an endpoint may be sent to, by how it has answered. Its width starts narrow and grows
 * with each success, so that a start is no stampede; it halves while the endpoint keeps failing, and grows step by step
 * once that answers again. After an outage there is a ramp besides.
 */
export class Pace {
  readonly #limits: LaneLimits;
  readonly #ramp = new Ramp();
  /** Requests at once. */
  width: number;
  #failuresInRow = 0;
  /** When the first of those began. */
  #failingFrom = 0;
  /** It has succeeded before. */
  #answers = false;
  /** It has kept failing once: from then on it widens slowly. */
  #hasFailed = false;
  #widenedAt = 0;
  #averageMs = 0;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
    this.width = limits.minInFlight;
  }

  get failing(): boolean {
    return this.#failuresInRow >= FAILING_AFTER;
  }

  /** Nothing but the hub itself holds it up. */
  isHealthy(now: number): boolean {
    const isAnswering = now - this.#endedAt < SILENT_MS && this.#averageMs < SLOW_MS;
    return isAnswering && !this.failing && !this.#ramp.isOn(now);
  }

  /** Deliveries that are worth having in memory. */
  get ahead(): number {
    return this.#answers && !this.failing ? this.#ramp.ahead : FEW;
  }

  /** Whether its ramp lets an attempt begin now. */
  isOpen(now: number): boolean {
    return this.#ramp.isOpen(now);
  }

  /** An attempt begins. */
  took(now: number): void {
    this.#ramp.took(now);
  }

  /** An attempt has ended. */
  ended(
    { succeeded, durationMs }: { readonly succeeded: boolean; readonly durationMs: number },
    now: number,
  ): void {
    this.#endedAt = now;
    this.#averageMs += (durationMs - this.#averageMs) / 16;
    if (succeeded) {
      this.#answers = true;
      if (this.#failuresInRow >= OUTAGE_FAILURES && now - this.#failingFrom >= OUTAGE_MS)
        this.#ramp.begin(now);
      this.#failuresInRow = 0;
      this.#widen(now);
      return;
    }
    if (this.#failuresInRow === 0) this.#failingFrom = now - durationMs;
    this.#failuresInRow += 1;
    if (this.failing) {
      this.#hasFailed = true;
      this.width = Math.max(this.#limits.minInFlight, this.width >> 1);
    }
  }

  #widen(now: number): void {
    if (this.width >= this.#limits.maxInFlight) return;
    if (this.#hasFailed && now - this.#widenedAt < WIDER_MS) return;
    this.width += 1;
    this.#widenedAt = now;
  }
}
