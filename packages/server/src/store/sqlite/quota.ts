import type { Db } from "./db.ts";

interface Counter {
  readonly store: number;
  readonly hour: number;
  used: number;
  changed: boolean;
}

/** First attempts counted per store and hour; read once and written back once in a transaction. */
export class Quota {
  readonly #db: Db;
  readonly #counters = new Map<string, Counter>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Counts one more, unless the limit is reached. */
  take(store: number, hour: number, limit: number): boolean {
    const counter = this.#counter(store, hour);
    if (counter.used >= limit) return false;
    counter.used++;
    counter.changed = true;
    return true;
  }

  save(): void {
    for (const { store, hour, used, changed } of this.#counters.values()) {
      if (!changed) continue;
      this.#db.run(
        `INSERT INTO quota_used (hour, store, used) VALUES (?1, ?2, ?3)
         ON CONFLICT (hour, store) DO UPDATE SET used = ?3`,
        hour,
        store,
        used,
      );
    }
  }

  #counter(store: number, hour: number): Counter {
    const name = `${store} ${hour}`;
    let counter = this.#counters.get(name);
    if (!counter) {
      const row = this.#db.tuple<[number]>(
        "SELECT used FROM quota_used WHERE hour = ? AND store = ?",
        hour,
        store,
      );
      counter = { store, hour, used: row?.[0] ?? 0, changed: false };
      this.#counters.set(name, counter);
    }
    return counter;
  }
}
