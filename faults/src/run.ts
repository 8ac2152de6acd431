import { writeFileSync } from "node:fs";
import { type Options, parseOptions } from "./options.ts";
import { details, machineLine, type Row, table, verdict } from "./report.ts";
import { failures, type Scenario } from "./result.ts";
import { clockJumps } from "./scenarios/clock-jumps.ts";
import { diskFull } from "./scenarios/disk-full.ts";
import { kill } from "./scenarios/kill.ts";
import { misbehaving } from "./scenarios/misbehaving.ts";
import { outage } from "./scenarios/outage.ts";
import { disconnected, serverKilled, silent } from "./scenarios/server.ts";
import { partedWorker, processKilled, stoppedWorker } from "./scenarios/several.ts";
import { terminate } from "./scenarios/terminate.ts";
import { undoOnSignals } from "./undo.ts";

const SCENARIOS: readonly Scenario[] = [
  kill,
  terminate,
  diskFull,
  clockJumps,
  misbehaving,
  outage,
  serverKilled,
  disconnected,
  silent,
  processKilled,
  partedWorker,
  stoppedWorker,
];

async function runAll(options: Options): Promise<void> {
  console.log(`Seed ${options.seed}, ${options.rounds} rounds, store ${options.store}. ${machineLine()}`);
  const rows: Row[] = [];
  for (const { name, title, run } of SCENARIOS) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    const startedAt = performance.now();
    process.stderr.write(`${name} … `);
    const row = { name, title, result: await run(options), readyWithinMs: options.readyMs };
    process.stderr.write(`${verdict(row)}, ${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`);
    rows.push(row);
    const failed = failures(row.result, options.readyMs);
    // At once: a long run may be ended before its table.
    for (const { what, seen, wanted } of failed)
      process.stderr.write(`  ${what}: ${seen} (wanted ${wanted})\n`);
    if (failed.length > 0) process.exitCode = 1;
  }
  console.log(`\n${table(rows)}\n\n${details(rows)}`);
  if (options.json !== null) {
    writeFileSync(options.json, `${JSON.stringify({ machine: machineLine(), options, rows }, null, 2)}\n`);
  }
}

undoOnSignals();
try {
  const options = parseOptions(
    process.argv.slice(2),
    SCENARIOS.map(({ name }) => name),
  );
  if ("help" in options) console.log(options.help);
  else await runAll(options);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
