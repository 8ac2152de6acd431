import type { Attempt } from "../domain/delivery.ts";
import type { AttemptRecord, StoreDriver } from "../store/driver.ts";
import type { Held } from "./held.ts";
import type { SendOutcome } from "./sender.ts";
import type { Timers } from "./timers.ts";

/**
 * In one call: more than end while the call before is under way. Those left over keep their places in memory, and when
 * there are none new deliveries queue in the store, which makes the next call take longer still.
 */
const BATCH = 2_000;
const RETRY_MS = 500;

interface Waiting {
  readonly record: AttemptRecord;
  readonly done: (applied: boolean) => void;
}

/**
 * Writes outcomes down in batches. While the store cannot be written to, outcomes wait here and are tried again:
 * an attempt that was made is never forgotten, and what waits still holds its place in the window, so that no more
 * is sent than can be remembered.
 */
export class Recorder {
  readonly #driver: StoreDriver;
  readonly #timers: Timers;
  readonly #onTrouble: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(driver: StoreDriver, timers: Timers, onTrouble: (error: unknown) => void) {
    this.#driver = driver;
    this.#timers = timers;
    this.#onTrouble = onTrouble;
  }

  /** Calls `done` when it is durable: with false where the lease had been lost and nothing was changed. */
  record(record: AttemptRecord, done: (applied: boolean) => void): void {
    this.#waiting.push({ record, done });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH);
    try {
      const applied = await this.#driver.recordAttempts(batch.map(({ record }) => record));
      for (const [index, { done }] of batch.entries()) done(applied[index] ?? false);
    } catch (error) {
      this.#onTrouble(error);
      this.#waiting.unshift(...batch);
      this.#timers.after(RETRY_MS, () => void this.#flush());
      return;
    }
    this.#scheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}

/** What is to be remembered of an attempt that ended at `now`. */
export function recordOf(
  held: Held,
  outcome: SendOutcome,
  settlement: AttemptRecord["settlement"],
  now: number,
): AttemptRecord {
  const attempt: Attempt = {
    number: held.delivery.attemptCount + 1,
    at: now,
    statusCode: outcome.statusCode,
    error: outcome.error,
    durationMs: outcome.durationMs,
  };
  return {
    deliveryId: held.delivery.id,
    endpointId: held.delivery.endpointId,
    token: held.token,
    attempt,
    settlement,
    test: held.delivery.test,
  };
}
