import { storesName } from "../options.mjs";
import { withRig } from "../rig.mjs";
import { quantile, spread } from "../stats.mjs";
import { sumCpuMicros } from "../usage.mjs";
import { named } from "./throughput.mjs";

/**
 * Open loop: events on a timetable, each measured from the time at which it was due, so that a stall costs every event
 * that it held up. Percentiles are taken per window; the median of the windows is the figure.
 */
const FAN_OUT = 3;
const WARM_UP_MS = 5_000;
const DRAIN_MS = 30_000;

/** @param {import("../options.mjs").Options} options @param {import("./limits.mjs").Limits} limits */
export async function latency(options, limits) {
  const warmUpMs = options.quick ? 2_000 : WARM_UP_MS;
  const events = Math.round((options.rate * (warmUpMs + options.latencyMs)) / 1000);
  const result = await withRig(options, { stores: options.stores, fanOut: FAN_OUT }, async (rig) => {
    const cpuBefore = sumCpuMicros(rig.hub.processes);
    await rig.load.call("timetable", { rate: options.rate, events });
    const sent = await rig.load.call("finished", { events });
    const drain = await rig.drained(sent.accepted * FAN_OUT, DRAIN_MS);
    const cpu = sumCpuMicros(rig.hub.processes) - cpuBefore;
    const times = await rig.load.call("times");
    const arrivals = [];
    for (let slot = 0; slot < FAN_OUT; slot++) {
      arrivals.push(await rig.receivers.call("arrivals", { slot, length: events }));
    }
    return { sent, drain, cpu, times, arrivals };
  });
  const first = Math.round((options.rate * warmUpMs) / 1000);
  return { rows: rowsOf(options, limits, result, first) };
}

/** @param {import("../options.mjs").Options} options @param {import("./limits.mjs").Limits} limits @param {any} result @param {number} first */
function rowsOf(options, limits, { sent, drain, cpu, times, arrivals }, first) {
  const scenario = `latency, ${options.rate} events/s × ${FAN_OUT}${storesName(options)}`;
  const { meantAt, acceptedAt, lags } = times;
  const windows = slices(first, meantAt.length, options.windows + 1);
  const accept = (/** @type {number} */ i) => [acceptedAt[i] - meantAt[i]];
  // It may arrive before its 202 has been read: the two leave together, once it is durable.
  const toReceived = (/** @type {number} */ i) =>
    arrivals.map((/** @type {Float64Array} */ at) => Math.max(at[i] - acceptedAt[i], 0));
  const whole = (/** @type {number} */ i) =>
    arrivals.map((/** @type {Float64Array} */ at) => at[i] - meantAt[i]);
  const row = (
    /** @type {string} */ figure,
    /** @type {(i: number) => number[]} */ of,
    /** @type {number} */ share,
    extra = {},
  ) => ({
    scenario,
    figure: `${figure} p${share * 100}`,
    ...named(spread(windows.map((window) => quantile(window.flatMap(of), share) / 1000))),
    unit: "ms",
    ...extra,
  });
  const fsync = { limit: { name: "one commit p99", value: limits.fsyncMs.p99 } };
  const lag = `the generator's own lag: p50 ${ms(lags, 0.5)}, p99 ${ms(lags, 0.99)} ms`;
  return [
    row("due → accepted", accept, 0.5, { note: lag }),
    row("due → accepted", accept, 0.99, fsync),
    row("accepted → received", toReceived, 0.5, {
      hubMicros: cpu === 0 ? undefined : cpu / (sent.accepted * FAN_OUT),
    }),
    row("accepted → received", toReceived, 0.99, fsync),
    row("due → received", whole, 0.99, {
      note: `${sent.accepted} of ${sent.sent} accepted, all received: ${drain.complete ? "yes" : "NO"}`,
    }),
  ];
}

/** Event numbers from `from` to `to`, in as many parts. @param {number} from @param {number} to @param {number} parts */
export function slices(from, to, parts) {
  const size = Math.floor((to - from) / parts);
  return Array.from({ length: parts }, (_, part) =>
    Array.from({ length: size }, (_, i) => from + part * size + i),
  );
}

/** @param {Float64Array} micros @param {number} share */
const ms = (micros, share) => (quantile(micros, share) / 1000).toFixed(2);
