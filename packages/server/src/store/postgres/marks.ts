import { arrayOf } from "./values.ts";

/** Deliveries due up to this long before the mark are still looked at: others may commit them late. */
const MARGIN_MS = 2_000;
/** However busy: how often a lane is looked at from its beginning; and how many times what that takes passes between two. */
const SWEEP_MS = 5_000;
const SWEEP_TIMES = 20;
/** A mark is kept for so long after the last claim that moved it. */
const KEEP_MS = 600_000;

/** Lets what takes long happen the more seldom, the longer it takes. */
class Rest {
  #beganAt = 0;
  #ms = 0;

  /** A clock that was set back is no reason to wait. */
  isOver(now: number): boolean {
    return now < this.#beganAt || now - this.#beganAt >= this.#ms;
  }

  begin(now: number, tookMs: number, leastMs: number): void {
    this.#beganAt = now;
    this.#ms = Math.max(leastMs, SWEEP_TIMES * tookMs);
  }
}

/**
 * Where each lane's next claim starts in the index. While somebody holds a snapshot open, entries of what was claimed
 * before cannot be removed, and a claim that walked over all of them would take longer each time.
 */
export class Marks {
  readonly #dueAt = new Map<number, number>();
  /** When a claim has last moved the lane's mark, and when one has last looked at all of the lane. */
  readonly #movedAt = new Map<number, number>();
  readonly #sweptAt = new Map<number, number>();
  readonly #sweep = new Rest();
  readonly #look = new Rest();
  /** Changes whenever what a claim under way has seen may not be all. */
  #age = 0;
  #returning = 0;

  /** Forgets the marks of those of the lanes that it is time to look at wholly; says whether there were any. */
  sweeps(now: number, endpoints: readonly number[]): boolean {
    if (!this.#sweep.isOver(now)) return false;
    const due = endpoints.filter(
      (endpoint) => Math.abs(now - (this.#sweptAt.get(endpoint) ?? 0)) >= SWEEP_MS,
    );
    for (const endpoint of due) {
      this.#dueAt.delete(endpoint);
      this.#sweptAt.set(endpoint, now);
    }
    return due.length > 0;
  }

  /** A claim that looked at all of its lanes took so long. */
  swept(now: number, tookMs: number): void {
    this.#sweep.begin(now, tookMs, 0);
  }

  /** Where it is time to look for lanes without marks: those that there are now. What is found is handed to `found`. */
  looks(now: number): ReadonlyMap<number, number> | null {
    if (!this.#look.isOver(now)) return null;
    for (const [endpoint, movedAt] of this.#movedAt) if (now - movedAt > KEEP_MS) this.#forget(endpoint);
    return new Map(this.#dueAt);
  }

  looked(now: number, tookMs: number): void {
    this.#look.begin(now, tookMs, SWEEP_MS);
  }

  /** Something is due in the lane then; where its mark was later already, it would be missed. */
  found(endpoint: number, dueAt: number, before: ReadonlyMap<number, number>): void {
    if (dueAt < (before.get(endpoint) ?? 0)) this.#forget(endpoint);
  }

  #forget(endpoint: number): void {
    this.#dueAt.delete(endpoint);
    this.#movedAt.delete(endpoint);
    this.#sweptAt.delete(endpoint);
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
  advance(endpoint: number, dueAt: number, age: number, now: number): void {
    const mark = dueAt - MARGIN_MS;
    if (age !== this.#age || mark <= this.of(endpoint)) return;
    this.#dueAt.set(endpoint, mark);
    this.#movedAt.set(endpoint, now);
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
