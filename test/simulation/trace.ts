import type { Run } from "./run.ts";

/** What happened, line by line: seconds since the start, the process, and what it did. */
export function traceOf({ ledger, scenario }: Run): string[] {
  const { start, publishes, changes, ...rest } = scenario;
  const seconds = (at: number) => ((at - start) / 1_000).toFixed(3).padStart(9);
  const moments = (times: readonly number[]) => times.map((at) => seconds(at).trim()).join(" ");
  return [
    `scenario ${JSON.stringify(rest)}`,
    `published at ${moments(publishes)}; changes: ${changes.map(({ at, kind }) => `${seconds(at).trim()} ${kind}`).join(", ")}`,
    ...ledger.notes.map(({ at, process, text }) => `${seconds(at)}  ${process}  ${text()}`),
  ];
}
