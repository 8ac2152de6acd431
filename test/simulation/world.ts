import type { Clock, Random } from "../../packages/server/src/domain/id.ts";
import type { Timers } from "../../packages/server/src/engine/timers.ts";

/** A small, fast generator: the same seed gives the same run. (mulberry32) */
export class Dice implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  upTo(limit: number): number {
    return Math.floor(this.roll() * limit);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.upTo(items.length)] as Item;
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.upTo(256));
  }
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

/** A clock that stands still until it is told to move, and the timers that hang on it. */
export class World implements Clock {
  readonly #mostSteps: number;
  #steps = 0;
  #now: number;
  #order = 0;
  #entries: Entry[] = [];

  /** Where it takes more than `mostSteps`, something goes round in circles. */
  constructor(start: number, mostSteps = Number.POSITIVE_INFINITY) {
    this.#now = start;
    this.#mostSteps = mostSteps;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, task: () => void): () => void {
    const entry: Entry = { at: Math.max(at, this.#now), order: this.#order++, task, cancelled: false };
    // Kept sorted: a run has a few dozen entries at a time.
    let index = this.#entries.length;
    while (index > 0) {
      const before = this.#entries[index - 1];
      if (!before || before.at < entry.at || (before.at === entry.at && before.order < entry.order)) break;
      index -= 1;
    }
    this.#entries.splice(index, 0, entry);
    return () => {
      entry.cancelled = true;
    };
  }

  /** The timers of one process: after its death none of them fires. */
  timers(alive: () => boolean): Timers {
    const guard = (task: () => void) => () => {
      if (alive()) task();
    };
    return {
      after: (delayMs, task) => this.at(this.#now + delayMs, guard(task)),
      soon: (task) => void this.at(this.#now, guard(task)),
    };
  }

  /** Runs whatever is next until nothing is left or `until` is reached; `settle` lets promises run between. */
  async run(until: number, settle: () => Promise<void>): Promise<void> {
    await settle();
    for (let entry = this.#entries[0]; entry && entry.at <= until; entry = this.#entries[0]) {
      this.#entries.shift();
      if (++this.#steps > this.#mostSteps) throw new Error("The world does not come to rest.");
      if (entry.cancelled) continue;
      this.#now = Math.max(this.#now, entry.at);
      entry.task();
      await settle();
    }
    this.#now = Math.max(this.#now, until);
  }
}
