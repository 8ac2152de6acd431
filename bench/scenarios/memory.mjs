import { storesName } from "../options.mjs";
import { figure } from "../report.mjs";
import { sleep, withRig } from "../rig.mjs";
import { slope } from "../stats.mjs";
import { eachNote, memoryOf, sumCpuMicros } from "../usage.mjs";
import { measure } from "./throughput.mjs";

/** Resident memory of the hub, all its processes, over a long run at a share of what it can do, second by second. */
const FAN_OUT = 3;
const SAMPLE_MS = 1_000;
/** The heap settles first: so long, or in a run that is no longer than that, for a part of it. */
const SETTLING_MINUTES = 5;
const SETTLING_SHARE = 0.25;
const DRAIN_MS = 60_000;

/** @param {import("../options.mjs").Options} options @param {number | null} deliveriesPerSecond as measured before; null: measure now */
export async function memory(options, deliveriesPerSecond) {
  const full = deliveriesPerSecond ?? (await calibrate(options));
  const rate = Math.max(1, Math.floor((full * options.share) / FAN_OUT));
  const seen = await withRig(options, { stores: options.stores, fanOut: FAN_OUT }, async (rig) => {
    const cpuBefore = sumCpuMicros(rig.hub.processes);
    await rig.load.call("timetable", { rate, events: 0 });
    const startedAt = performance.now();
    /** @type {Sample[]} */
    const samples = [];
    while (performance.now() - startedAt < options.minutes * 60_000) {
      await sleep(SAMPLE_MS);
      samples.push({ minute: (performance.now() - startedAt) / 60_000, ...memoryOf(rig.hub.processes) });
    }
    const sent = await rig.load.call("stop");
    const drain = await rig.drained(sent.accepted * FAN_OUT, DRAIN_MS);
    return { samples, sent, drain, cpu: sumCpuMicros(rig.hub.processes) - cpuBefore };
  });
  return { rows: rowsOf(options, seen, rate), samples: seen.samples };
}

/** @typedef {{minute: number} & import("../usage.mjs").Memory} Sample */

/** @param {import("../options.mjs").Options} options */
async function calibrate(options) {
  const { windows } = await measure(
    { ...options, snapshot: false, windows: 3, windowMs: 2_000 },
    { fanOut: FAN_OUT, paced: true },
  );
  return Math.min(...windows.map((window) => window.deliveredPerSecond));
}

/** @param {number} minutes the whole run */
export const settlingMinutes = (minutes) =>
  minutes > SETTLING_MINUTES ? SETTLING_MINUTES : minutes * SETTLING_SHARE;

/** MB a minute, once the heap has settled. @param {readonly Sample[]} samples @param {number} minutes the whole run */
export function growth(samples, minutes) {
  const settled = samples.filter(({ minute }) => minute >= settlingMinutes(minutes));
  const sizes = settled.map(({ mb }) => mb);
  const fit = slope(
    settled.map(({ minute }) => minute),
    sizes,
  );
  return { ...fit, sizes, last: settled.at(-1) ?? { minute: 0, mb: Number.NaN, each: {} } };
}

/** @param {import("../options.mjs").Options} options @param {any} seen @param {number} rate */
function rowsOf(options, { samples, sent, drain, cpu }, rate) {
  const { minutes, share } = options;
  const scenario = `memory, ${minutes} min at ${Math.round(share * 100)} %${storesName(options)}`;
  const { sizes, last, ...fit } = growth(samples, minutes);
  return [
    {
      scenario,
      figure: "resident at the end",
      value: last.mb,
      low: Math.min(...sizes),
      high: Math.max(...sizes),
      unit: "MB",
      hubMicros: cpu / (sent.accepted * FAN_OUT),
      note: `${rate} events/s × ${FAN_OUT}; all received: ${drain.complete ? "yes" : "NO"}${eachNote(last, "; ")}`,
    },
    {
      scenario,
      figure: "slope",
      value: fit.slope,
      unit: "MB/min",
      note: `± ${(2 * fit.error).toFixed(2)} (two standard errors), from minute ${figure(settlingMinutes(minutes))} on, ${sizes.length} samples`,
    },
  ];
}
