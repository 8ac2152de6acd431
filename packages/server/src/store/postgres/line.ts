import { isStorageError, toStorageError } from "./errors.ts";

/** A group is one transaction; more would only make its first callers wait. */
const MAX_GROUP = 500;

interface Waiting<Input, Result> {
  readonly input: Input;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

export type Outcome<Result> = { readonly value: Result } | { readonly error: Error };

/**
 * Group commit: calls that arrive while a group is under way gather, and go as the next one. Answers come in the order
 * of the calls.
 */
export class Line<Input, Result> {
  readonly #run: (inputs: readonly Input[]) => AsyncIterable<Outcome<Result>>;
  #waiting: Waiting<Input, Result>[] = [];
  #busy = false;

  /** `run` answers each input in its place, and as soon as it can. */
  constructor(run: (inputs: readonly Input[]) => AsyncIterable<Outcome<Result>>) {
    this.#run = run;
  }

  call(input: Input): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#schedule();
    });
  }

  /** Requests that arrive together are read in one turn of the event loop, and go over together at its end. */
  #schedule(): void {
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#turn());
  }

  async #turn(): Promise<void> {
    const group = this.#waiting.splice(0, MAX_GROUP);
    let answered = 0;
    try {
      for await (const outcome of this.#run(group.map(({ input }) => input))) {
        const { resolve, reject } = group[answered++] as Waiting<Input, Result>;
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      }
    } catch (error) {
      for (const { reject } of group.slice(answered)) reject(toStorageError(error));
    }
    this.#busy = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}

/**
 * Runs calls as one transaction. Where that is refused for what is in them, each runs by itself, so that one bad call
 * does not fail its neighbours. A database that cannot be written to fails them all.
 */
export async function together<Input, Result>(
  inputs: readonly Input[],
  run: (inputs: readonly Input[]) => Promise<readonly Result[]>,
): Promise<Outcome<Result>[]> {
  try {
    return (await run(inputs)).map((value) => ({ value }));
  } catch (error) {
    const failure = toStorageError(error);
    if (isStorageError(failure) || inputs.length === 1) return inputs.map(() => ({ error: failure }));
  }
  const outcomes: Outcome<Result>[] = [];
  for (const input of inputs) outcomes.push(...(await together([input], run)));
  return outcomes;
}
