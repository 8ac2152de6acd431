import type { Ledger } from "./ledger.ts";
import type { Options } from "./options.ts";

/** One thing that must hold besides the ledger. */
export interface Check {
  readonly what: string;
  readonly seen: string;
  readonly wanted: string;
  readonly holds: boolean;
}

export interface Result {
  readonly rounds: number;
  readonly ledger: Ledger | null;
  /** How many duplicates there may be. */
  readonly duplicatesAtMost: number;
  /** From each start of a process but its first until it was ready. */
  readonly readyMs: readonly number[];
  readonly checks: readonly Check[];
  /** Why it could not be run here. */
  readonly skipped: string | null;
}

export interface Scenario {
  readonly name: string;
  /** What is done, in a few words. */
  readonly title: string;
  run(options: Options): Promise<Result>;
}

export const skippedBecause = (skipped: string): Result => ({
  rounds: 0,
  ledger: null,
  duplicatesAtMost: 0,
  readyMs: [],
  checks: [],
  skipped,
});

export const atMost = (what: string, seen: number, most: number, unit = ""): Check => ({
  what,
  seen: `${Math.round(seen)}${unit}`,
  wanted: `≤ ${most}${unit}`,
  holds: seen <= most,
});

export const atLeast = (what: string, seen: number, least: number, unit = ""): Check => ({
  what,
  seen: `${Math.round(seen)}${unit}`,
  wanted: `≥ ${least}${unit}`,
  holds: seen >= least,
});

export const equal = (what: string, seen: string | number, wanted: string | number): Check => ({
  what,
  seen: String(seen),
  wanted: String(wanted),
  holds: seen === wanted,
});

/** What must hold of every fault, and what must of this one. */
export function allChecks(
  { ledger, duplicatesAtMost, readyMs, checks }: Result,
  readyWithinMs: number,
): readonly Check[] {
  const ready =
    readyMs.length === 0 ? [] : [atMost("ready after a start", Math.max(...readyMs), readyWithinMs, " ms")];
  if (!ledger) return [...ready, ...checks];
  return [
    equal("lost", ledger.lost, 0),
    equal("wrong", ledger.wrong, 0),
    atMost("duplicates", ledger.duplicates, duplicatesAtMost),
    equal("duplicates without a kill", ledger.unexplained, 0),
    ...ready,
    ...checks,
  ];
}

export const failures = (result: Result, readyWithinMs: number): readonly Check[] =>
  result.skipped === null ? allChecks(result, readyWithinMs).filter(({ holds }) => !holds) : [];
