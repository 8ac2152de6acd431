import { arrayOf } from "./values.ts";

/** Deliveries due up to this long before the mark are still looked at: others may commit them late. */
const MARGIN_MS = 2_000;
/** However busy: how often every lane is looked at from its beginning; and how much longer than such a look takes. */
const SWEEP_MS = 5_000;
const SWEEP_TIMES = 20;

/**
 * Where each lane's next claim starts in the index. While somebody holds a snapshot open, entries of what was claimed
 * before cannot be removed, and a claim that walked over all of them would take longer each time.
 */
export class Marks {
  readonly #dueAt = new Map<number, number>();
  #sweptAt = 0;
  #sweepMs = SWEEP_MS;
  /** Changes whenever what a claim under way has seen may not be all. */
  #age = 0;
  #returning = 0;

  /** Forgets the marks where it is time to look at everything; says whether it did. */
  sweeps(now: number): boolean {
    if (now - this.#sweptAt < this.#sweepMs && now >= this.#sweptAt) return false;
    this.#dueAt.clear();
    this.#sweptAt = now;
    return true;
  }

  /** A claim that looked at everything took so long. */
  swept(tookMs: number): void {
    this.#sweepMs = Math.max(SWEEP_MS, SWEEP_TIMES * tookMs);
  }

  /** To be handed back with what the claim has found. */
  get age(): number {
    return this.#age;
  }

  /** 0: from the beginning. */
  of(endpoint: number): number {
    return this.#returning > 0 ? 0 : (this.#dueAt.get(endpoint) ?? 0);
  }

  /** Endpoints with their marks, as arrays of bigint: those given, or all that have one. */
  columns(endpoints: readonly number[] = [...this.#dueAt.keys()]): [Buffer, Buffer] {
    const marks = endpoints.map((endpoint) => this.of(endpoint));
    return [arrayOf("int8", endpoints), arrayOf("int8", marks)];
  }

  /** A claim that began at that age has taken all that was due before then. */
  advance(endpoint: number, dueAt: number, age: number): void {
    const mark = dueAt - MARGIN_MS;
    if (age === this.#age && mark > this.of(endpoint)) this.#dueAt.set(endpoint, mark);
  }

  /** While `work` runs something comes back that may be due earlier than any mark. */
  async returning<Result>(work: Promise<Result>): Promise<Result> {
    this.#returning += 1;
    try {
      return await work;
    } finally {
      this.#returning -= 1;
      this.#age += 1;
      this.#dueAt.clear();
    }
  }
}
