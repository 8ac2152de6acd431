import type { Db } from "./db.ts";
import { isStorageError, toStorageError } from "./errors.ts";
import { type VerbName, verbNamed } from "./verbs.ts";

export interface Call {
  readonly verb: VerbName;
  readonly args: readonly unknown[];
}

export type Outcome = { readonly value: unknown } | { readonly error: Error };

/** A group is one transaction; more would only make its first callers wait. */
export const MAX_GROUP = 500;

/**
 * Group commit: runs the calls in one transaction and answers when it is on the disk. Where one of them throws, all
 * is undone and run again with each call by itself, so that only that one fails. A commit that fails, or a database
 * that cannot be written to, fails them all.
 */
export function runGroup(db: Db, calls: readonly Call[]): Outcome[] {
  try {
    return inTransaction(db, () => together(db, calls));
  } catch (error) {
    const storage = toStorageError(error);
    if (isStorageError(storage)) return calls.map(() => ({ error: storage }));
  }
  try {
    return inTransaction(db, () => calls.map((call) => alone(db, call)));
  } catch (error) {
    const failure = toStorageError(error);
    return calls.map(() => ({ error: failure }));
  }
}

/** A read outside of any transaction. */
export function runRead(db: Db, { verb, args }: Call): Outcome {
  try {
    return { value: verbNamed(verb).run(db, ...args) };
  } catch (error) {
    return { error: toStorageError(error) };
  }
}

function inTransaction(db: Db, run: () => Outcome[]): Outcome[] {
  try {
    db.exec("BEGIN IMMEDIATE");
    const outcomes = run();
    db.exec("COMMIT");
    return outcomes;
  } catch (error) {
    db.rollback();
    throw error;
  }
}

/** Calls are concurrent, so their order is free: those of one verb that can run at once are brought together. */
function together(db: Db, calls: readonly Call[]): Outcome[] {
  const outcomes: Outcome[] = new Array(calls.length);
  const batches = new Map<VerbName, number[]>();
  calls.forEach(({ verb }, index) => {
    if (!verbNamed(verb).runAll) return;
    const indexes = batches.get(verb);
    if (indexes) indexes.push(index);
    else batches.set(verb, [index]);
  });
  for (const [verb, indexes] of batches) {
    const results = verbNamed(verb).runAll?.(
      db,
      indexes.map((index) => calls[index]?.args ?? []),
    );
    indexes.forEach((index, position) => {
      outcomes[index] = { value: results?.[position] };
    });
  }
  calls.forEach(({ verb, args }, index) => {
    outcomes[index] ??= { value: verbNamed(verb).run(db, ...args) };
  });
  return outcomes;
}

function alone(db: Db, { verb, args }: Call): Outcome {
  db.exec("SAVEPOINT call");
  try {
    const value = verbNamed(verb).run(db, ...args);
    db.exec("RELEASE call");
    return { value };
  } catch (error) {
    const failure = toStorageError(error);
    if (isStorageError(failure)) throw error;
    db.forget();
    db.exec("ROLLBACK TO call");
    db.exec("RELEASE call");
    return { error: failure };
  }
}
