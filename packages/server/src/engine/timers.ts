/** Handed in, so that a simulation runs a year in seconds. */
export interface Timers {
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
  /** Runs `task` as soon as what is under way has had its turn. */
  soon(task: () => void): void;
}
