import type { Database } from "./database.ts";

const TALLY = "SELECT last FROM tally_1($1)";
/** While notes come: how often they are added up at least. */
const TALLY_MS = 2_000;
/** Notes so far before the last one are still looked at: others may commit them late. And how often all of them are. */
const MARGIN = 1_000;
const SWEEP_MS = 60_000;

/**
 * Groups of outcomes leave notes of what they add to their endpoints' records and hours. They are added up seldom, and
 * before anybody reads or changes a record: while somebody holds a snapshot open no version of a row can be removed, and
 * each write of it has to pass all of them.
 */
export class Tallies {
  readonly #db: Database;
  #mark = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /** There are notes. */
  noted(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // The notes are still there, for the next one.
      this.addUp().catch(() => this.noted());
    }, TALLY_MS).unref();
  }

  /** Resolves when all that was noted before, by whatever process, is added. */
  addUp(): Promise<void> {
    this.#next ??= this.#current
      .catch(() => undefined)
      .then(() => {
        this.#current = this.#addUp();
        this.#next = null;
        return this.#current;
      });
    return this.#next;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #addUp(): Promise<void> {
    const now = performance.now();
    const sweeps = now - this.#sweptAt >= SWEEP_MS;
    const row = await this.#db.row<{ readonly last: number | null }>(TALLY, sweeps ? 0 : this.#mark);
    if (sweeps) this.#sweptAt = now;
    this.#mark = Math.max(this.#mark, (row?.last ?? 0) - MARGIN);
  }
}
