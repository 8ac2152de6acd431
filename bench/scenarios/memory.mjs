import { sleep, withRig } from "../rig.mjs";
import { slope } from "../stats.mjs";
import { eachNote, memoryOf, sumCpuMicros } from "../usage.mjs";
import { measure } from "./throughput.mjs";

/** Resident memory of the hub over a long run at 70 % of what it can do, second by second. */
const FAN_OUT = 3;
const SHARE = 0.7;
const SAMPLE_MS = 1_000;
/** The heap settles first. */
const SETTLING_SHARE = 0.25;
const DRAIN_MS = 60_000;

/** @param {import("../options.mjs").Options} options @param {number | null} deliveriesPerSecond as measured before; null: measure now */
export async function memory(options, deliveriesPerSecond) {
  const full = deliveriesPerSecond ?? (await calibrate(options));
  const rate = Math.max(1, Math.floor((full * SHARE) / FAN_OUT));
  const seen = await withRig(options, { stores: 1, fanOut: FAN_OUT }, async (rig) => {
    const cpuBefore = sumCpuMicros(rig.hub.processes);
    await rig.load.call("timetable", { rate, events: 0 });
    const startedAt = performance.now();
    /** @type {({minute: number} & import("../usage.mjs").Memory)[]} */
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

/** @param {import("../options.mjs").Options} options */
async function calibrate(options) {
  const { windows } = await measure(
    { ...options, windows: 3, windowMs: 2_000 },
    { fanOut: FAN_OUT, paced: true },
  );
  return Math.min(...windows.map((window) => window.deliveredPerSecond));
}

/** @param {import("../options.mjs").Options} options @param {any} seen @param {number} rate */
function rowsOf(options, { samples, sent, drain, cpu }, rate) {
  const scenario = `memory, ${options.minutes} min at 70 %`;
  const settled = samples.filter(
    (/** @type {any} */ sample) => sample.minute >= options.minutes * SETTLING_SHARE,
  );
  const fit = slope(
    settled.map((/** @type {any} */ { minute }) => minute),
    settled.map((/** @type {any} */ { mb }) => mb),
  );
  const sizes = settled.map((/** @type {any} */ { mb }) => mb);
  return [
    {
      scenario,
      figure: "resident at the end",
      value: sizes.at(-1) ?? Number.NaN,
      low: Math.min(...sizes),
      high: Math.max(...sizes),
      unit: "MB",
      hubMicros: cpu / (sent.accepted * FAN_OUT),
      note: `${rate} events/s × ${FAN_OUT}; all received: ${drain.complete ? "yes" : "NO"}${eachNote(settled.at(-1), "; ")}`,
    },
    {
      scenario,
      figure: "slope",
      value: fit.slope,
      unit: "MB/min",
      note: `± ${(2 * fit.error).toFixed(2)} (two standard errors)`,
    },
  ];
}
