import { isStorageError, toStorageError } from "./errors.ts";

/** A group is one transaction; more would only make its first callers wait. */
const MAX_GROUP = 500;

interface Waiting<Input, Result> {
  readonly input: Input;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

export type Outcome<Result> = { readonly value: Result } | { readonly error: Error };

/** Answers the input at that place. */
export type Answer<Result> = (index: number, outcome: Outcome<Result>) => void;

/** Group commit: calls that arrive while a group is under way gather, and go as the next one. */
export class Line<Input, Result> {
  readonly #run: (inputs: readonly Input[], answer: Answer<Result>) => Promise<void>;
  #waiting: Waiting<Input, Result>[] = [];
  #busy = false;

  /** `run` answers each input as soon as it can; where it rejects, that is the answer to all that have none yet. */
  constructor(run: (inputs: readonly Input[], answer: Answer<Result>) => Promise<void>) {
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
    const answer: Answer<Result> = (index, outcome) => {
      if ("error" in outcome) group[index]?.reject(outcome.error);
      else group[index]?.resolve(outcome.value);
    };
    try {
      await this.#run(
        group.map(({ input }) => input),
        answer,
      );
    } catch (error) {
      for (const { reject } of group) reject(toStorageError(error));
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
