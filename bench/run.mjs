#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { undoOnSignals } from "../test/undo.mjs";
import { describeMachine } from "./machine.mjs";
import { parseOptions, withoutKey } from "./options.mjs";
import { machineLine, notes, table } from "./report.mjs";
import { backlog } from "./scenarios/backlog.mjs";
import { deadEndpoint } from "./scenarios/dead-endpoint.mjs";
import { latency } from "./scenarios/latency.mjs";
import { measureLimits } from "./scenarios/limits.mjs";
import { memory } from "./scenarios/memory.mjs";
import { outage } from "./scenarios/outage.mjs";
import { throughput } from "./scenarios/throughput.mjs";

/** @param {import("./options.mjs").Options} options */
async function bench(options) {
  const machine = describeMachine(options.folder ?? tmpdir());
  console.log(machineLine(machine));
  if (options.target !== null) console.log(`${options.target.adapter} at ${options.target.base}`);
  if (options.quick) console.log("Quick: windows too short to quote.");
  /** @type {import("./report.mjs").Row[]} */
  const rows = [];
  /** @type {Record<string, unknown>} */
  const raw = {};
  const { limits, ...first } = await timed("limits", () => measureLimits(options));
  rows.push(...first.rows);
  /** @type {number | null} */
  let deliveriesPerSecond = null;
  /** @type {Record<string, () => Promise<{rows: import("./report.mjs").Row[], deliveriesPerSecond?: number}>>} */
  const scenarios = {
    throughput: () => throughput(options, limits),
    latency: () => latency(options, limits),
    "dead-endpoint": () => deadEndpoint(options),
    outage: () => outage(options),
    memory: () => memory(options, deliveriesPerSecond),
    backlog: () => backlog(options),
  };
  for (const name of options.scenarios.filter((scenario) => scenario in scenarios)) {
    try {
      const result = await timed(name, scenarios[name]);
      deliveriesPerSecond = result.deliveriesPerSecond ?? deliveriesPerSecond;
      rows.push(...result.rows);
      raw[name] = result;
    } catch (error) {
      // The others are measured all the same.
      process.stderr.write(`failed: ${error instanceof Error ? error.stack : error}\n`);
      process.exitCode = 1;
    }
  }
  if (options.json !== null) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine, options: withoutKey(options), limits, rows, raw }, null, 2)}\n`,
    );
  }
  console.log(`\n${table(rows)}\n\n${notes(rows)}`);
}

/** @template Result @param {string} name @param {() => Promise<Result>} work @returns {Promise<Result>} */
async function timed(name, work) {
  process.stderr.write(`${name} … `);
  const startedAt = performance.now();
  const result = await work();
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  return result;
}

undoOnSignals();
try {
  const options = parseOptions(process.argv.slice(2), { BENCH_KEY: process.env.BENCH_KEY });
  if ("help" in options) console.log(options.help);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
