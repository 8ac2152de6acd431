import { availableParallelism } from "node:os";
import { ledgerRow } from "../ledger.mjs";
import { storesName } from "../options.mjs";
import { hubMicrosOf, processorRows } from "../processor.mjs";
import { sleep, withRig } from "../rig.mjs";
import { snapshotName, underSnapshot } from "../snapshot.mjs";
import { median, spread } from "../stats.mjs";

/**
 * Accepted → delivered, closed loop: as many events as the hub takes while no more than so many deliveries are under
 * way; once besides with the hub left to its own backpressure. Then the drain to nothing, and the ledger.
 */
const RUNS = [
  { fanOut: 1, paced: true },
  { fanOut: 3, paced: true },
  { fanOut: 3, paced: false },
];
const DRAIN_MS = 120_000;

/** @param {import("../options.mjs").Options} options @param {import("./limits.mjs").Limits} limits */
export async function throughput(options, limits) {
  /** @type {import("../report.mjs").Row[]} */
  const rows = [];
  let best = 0;
  // A hub that runs elsewhere may take without end what it cannot send, so it is never left unpaced.
  for (const run of RUNS.filter(({ paced }) => paced || options.target === null)) {
    const result = await measure(options, run);
    if (run.fanOut === 3 && run.paced)
      best = median(result.windows.map((window) => window.deliveredPerSecond));
    rows.push(...rowsOf(options, result, run, limits));
  }
  return { rows, deliveriesPerSecond: best };
}

/** @param {import("../options.mjs").Options} options @param {typeof RUNS[number]} run */
export function measure(options, { fanOut, paced }) {
  return withRig(options, { stores: options.stores, fanOut }, (rig) => {
    const run = () => runOn(rig, options, { fanOut, paced });
    return options.snapshot ? underSnapshot(rig.database.url, run) : run();
  });
}

/** @param {import("../rig.mjs").Rig} rig @param {import("../options.mjs").Options} options @param {typeof RUNS[number]} run */
async function runOn(rig, options, { fanOut, paced }) {
  await rig.load.call("closed", { fanOut, outstanding: paced ? options.outstanding : 0, events: 0 });
  await sleep(options.warmUpMs);
  const windows = await rig.windows(options.windows, options.windowMs);
  const sent = await rig.load.call("stop");
  const drain = await rig.drained(sent.accepted * fanOut, DRAIN_MS);
  const ledger = await rig.ledger(sent);
  return { windows, sent, drain, ledger };
}

/** @param {import("../options.mjs").Options} options @param {Awaited<ReturnType<typeof measure>>} result @param {typeof RUNS[number]} run @param {import("./limits.mjs").Limits} limits */
function rowsOf(options, { windows, sent, drain, ledger }, { fanOut, paced }, limits) {
  const scenario = `throughput, fan-out ${fanOut}${paced ? "" : ", unpaced"}${storesName(options)}${snapshotName(options)}`;
  const rates = spread(windows.map((window) => window.deliveredPerSecond));
  const accepts = spread(windows.map((window) => window.acceptedPerSecond));
  const backlogs = windows.map((window) => window.backlog);
  return [
    {
      scenario,
      figure: "delivered",
      ...named(rates),
      unit: "deliveries/s",
      hubMicros: hubMicrosOf(windows),
      limit: { name: "raw sender", value: limits.sender },
    },
    ...processorRows(scenario, windows, availableParallelism()),
    {
      scenario,
      figure: "accepted",
      ...named(accepts),
      unit: "events/s",
      limit: { name: "raw ingest", value: limits.ingest },
      note: `${sent.refused} refused for now, ${sent.broken} broken, ${sent.wrong} wrong`,
    },
    {
      scenario,
      figure: "under way at the end",
      value: backlogs.at(-1) ?? Number.NaN,
      unit: "deliveries",
      note: `${backlogs.join(", ")}; drained in ${(drain.ms / 1000).toFixed(1)} s`,
    },
    ledgerRow(scenario, ledger),
  ];
}

/** @param {{median: number, low: number, high: number}} seen */
export const named = ({ median: value, low, high }) => ({ value, low, high });
