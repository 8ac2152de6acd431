/** Attempts a second that an endpoint is met with when it comes back, and how many more each second after that. */
const FIRST_PER_SECOND = 50;
const MORE_PER_SECOND = 50;
/** By then it may have more than one process can send. */
const RAMP_MS = 120_000;
/** What is kept in memory for longer than this costs the collector more than it costs to claim it later. */
const AHEAD_SECONDS = 0.25;
/** What was not used is not made up for beyond this, and what is due within it goes together. */
export const RAMP_PAUSE_MS = 10;

/**
 * How fast an endpoint is sent to that comes back after an outage: what has queued up for it is neither to knock it over
 * again nor to hold up what others wait for.
 */
export class Ramp {
  #beganAt: number | null = null;
  #nextAt = 0;
  #ahead = Number.POSITIVE_INFINITY;

  begin(now: number): void {
    this.#beganAt = now;
    this.#nextAt = now;
    this.took(now);
  }

  /** What is begun soon, as many as that is; infinite when there is no ramp. */
  get ahead(): number {
    return this.#ahead;
  }

  isOn(now: number): boolean {
    return this.#beganAt !== null && now - this.#beganAt < RAMP_MS;
  }

  /** Whether an attempt may begin now. */
  isOpen(now: number): boolean {
    return !this.isOn(now) || this.#nextAt <= now;
  }

  /** An attempt begins. */
  took(now: number): void {
    if (this.#beganAt === null) return;
    if (!this.isOn(now)) {
      this.#beganAt = null;
      this.#ahead = Number.POSITIVE_INFINITY;
      return;
    }
    const perSecond = FIRST_PER_SECOND + (MORE_PER_SECOND * (now - this.#beganAt)) / 1_000;
    this.#nextAt = Math.max(this.#nextAt, now - RAMP_PAUSE_MS) + 1_000 / perSecond;
    this.#ahead = Math.ceil(perSecond * AHEAD_SECONDS);
  }
}
