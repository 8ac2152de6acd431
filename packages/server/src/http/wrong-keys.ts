import { Refusal } from "../domain/error.ts";
import type { Clock } from "../domain/id.ts";

const WINDOW_MS = 60_000;
const ALLOWED = 300;
const MAX_ADDRESSES = 50_000;

/** interface: "Wrong keys from one address are slowed only past 300 a minute". Right keys are never asked about here. */
export class WrongKeys {
  readonly #clock: Clock;
  #window = 0;
  #counts = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a wrong key; throws `rate_limited` past the limit. */
  count(address: string): void {
    const now = this.#clock.now();
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts = new Map();
    }
    const count = (this.#counts.get(address) ?? 0) + 1;
    if (this.#counts.size < MAX_ADDRESSES || count > 1) this.#counts.set(address, count);
    if (count <= ALLOWED) return;
    const seconds = Math.ceil(((window + 1) * WINDOW_MS - now) / 1_000);
    throw new Refusal(
      "rate_limited",
      `More than ${ALLOWED} wrong keys came from this address within a minute. Wait ${seconds} seconds.`,
      { headers: { "retry-after": String(seconds) } },
    );
  }
}
