import type { Database } from "./database.ts";

/** As the sequence's increment says. */
const BLOCK = 10_000;

/**
 * Row numbers, taken from the database in blocks: rows that one process makes are numbered in the order they were
 * made, and no group waits for the server to number it. Between processes, time comes first in every order.
 */
export class Numbers {
  readonly #db: Database;
  #next = 0;
  #end = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The first of so many in a row; at once where the block has them. */
  take(count: number): number | Promise<number> {
    if (this.#end - this.#next < count) return this.#refill(count);
    const first = this.#next;
    this.#next += count;
    return first;
  }

  async #refill(count: number): Promise<number> {
    if (count > BLOCK) throw new Error(`More than ${BLOCK} rows of one event.`);
    const [row] = await this.#db.hot<{ first: number }>("SELECT nextval('numbers') AS first", []);
    const first = row?.first ?? 0;
    // Two may have run out at once, and each has taken a block: the later one is the one to use.
    if (first >= this.#end) {
      this.#next = first;
      this.#end = first + BLOCK;
    }
    return this.take(count);
  }
}
