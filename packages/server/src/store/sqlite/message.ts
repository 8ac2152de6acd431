import type { SentError } from "./errors.ts";

/** What a worker is started with. */
export interface WorkerStart {
  readonly path: string;
  readonly role: "writer" | "reader";
  readonly maxPages: number | null;
}

/** Calls in the order made: verb's number, arguments, verb's number, arguments, … `null` asks the worker to end. */
export type Request = readonly unknown[] | null;

/** Results in the order of the calls; a failed one stands in `errors` by its position. */
export interface Answer {
  readonly values: readonly unknown[];
  readonly errors: readonly (readonly [position: number, error: SentError])[];
}
