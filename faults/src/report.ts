import { availableParallelism, cpus, release, totalmem } from "node:os";
import { allChecks, failures, type Result } from "./result.ts";

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly result: Result;
  readonly readyWithinMs: number;
}

const HEAD = [
  "fault",
  "rounds",
  "intents",
  "acknowledged",
  "owed",
  "delivered",
  "dead",
  "pending",
  "lost",
  "wrong",
  "duplicates",
  "at most",
  "ready ms",
  "verdict",
];

export const verdict = ({ result, readyWithinMs }: Row): string =>
  result.skipped !== null ? "skipped" : failures(result, readyWithinMs).length === 0 ? "holds" : "FAILS";

/** In Markdown, so that it can be pasted into the documentation as it is. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.title, ...figuresOf(row.result), verdict(row)]);
  const all = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(HEAD), line(rule), ...cells.map(line)].join("\n");
}

function figuresOf({ rounds, ledger, duplicatesAtMost, readyMs }: Result): string[] {
  if (!ledger) return [String(rounds), ...HEAD.slice(3).map(() => "")];
  const { intents, acknowledged, owed, delivered, deadLettered, pending, lost, wrong, duplicates } = ledger;
  const figures = [rounds, intents, acknowledged, owed, delivered, deadLettered, pending, lost, wrong];
  const slowest = readyMs.length === 0 ? "" : Math.round(Math.max(...readyMs));
  return [...figures, duplicates, duplicatesAtMost, slowest].map(String);
}

/** Every check of every fault, and what a failure can be looked into by. */
export const details = (rows: readonly Row[]): string =>
  rows
    .flatMap(({ name, result, readyWithinMs }) =>
      result.skipped !== null
        ? [`${name}: skipped: ${result.skipped}`]
        : [
            ...allChecks(result, readyWithinMs).map(
              ({ what, seen, wanted, holds }) =>
                `${holds ? "  " : "✗ "}${name}: ${what}: ${seen} (wanted ${wanted})`,
            ),
            ...(result.ledger?.examples ?? []).map((example) => `✗ ${name}: ${example}`),
          ],
    )
    .join("\n");

export const machineLine = (): string =>
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, Linux ${release()}`;
