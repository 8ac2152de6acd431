import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { sleep, withRig } from "../rig.mjs";
import { median, spread } from "../stats.mjs";
import { eachNote, memoryOf, sumCpuMicros } from "../usage.mjs";
import { named } from "./throughput.mjs";

/**
 * A great many pending deliveries, kept by paused endpoints: how soon the hub is ready again with them, how much memory
 * that takes, and whether it drains them as fast as it drains few.
 */
const STORES = 10;
const FAN_OUT = 3;
const SMALL_PENDING = 30_000;
const MINUTE_MS = 60_000;
const WINDOW_MS = 2_000;
const FILL_MS = 1_800_000;

/** @param {import("../options.mjs").Options} options */
export async function backlog(options) {
  const small = await measure(options, Math.min(SMALL_PENDING, options.pending));
  const large = await measure(options, options.pending);
  const scenario = `backlog of ${options.pending.toLocaleString("en-US")}`;
  const usual = { name: `with ${small.pending.toLocaleString("en-US")}`, value: small.wholeRate };
  return {
    rows: [
      {
        scenario,
        figure: "filled",
        value: large.fillRate,
        unit: "deliveries/s",
        note: `${large.mbOnDisk === null ? "" : `${large.mbOnDisk.toFixed(0)} MB on disk; `}${large.refused} refused for now`,
      },
      {
        scenario,
        figure: "ready after a restart",
        value: large.readyMs,
        unit: "ms",
        limit: { name: usual.name, value: small.readyMs },
      },
      {
        scenario,
        figure: "resident when ready",
        value: large.ready.mb,
        unit: "MB",
        note: `${eachNote(large.ready)}${eachNote(large.ready) && "; "}at most ${large.peak.mb.toFixed(0)} MB while draining${eachNote(large.peak, ": ")}`,
      },
      {
        scenario,
        figure: "drained, first minute",
        ...named(spread(large.rates)),
        unit: "deliveries/s",
        hubMicros: large.hubMicros,
        limit: usual,
        note: `median of ${large.rates.length} windows of ${WINDOW_MS / 1000} s, in order: ${large.rates.map((rate) => Math.round(rate)).join(", ")}`,
      },
    ],
  };
}

/** @param {import("../options.mjs").Options} options @param {number} pending */
function measure(options, pending) {
  const events = Math.ceil(pending / FAN_OUT);
  return withRig(options, { stores: STORES, fanOut: FAN_OUT }, async (rig) => {
    await rig.setAllActive(false);
    const startedAt = performance.now();
    await rig.load.call("closed", { fanOut: FAN_OUT, outstanding: 0, events });
    // A plain race would keep the process alive until its timer fires.
    const gaveUp = new AbortController();
    const limit = setTimeout(FILL_MS, undefined, { signal: gaveUp.signal }).catch(() => undefined);
    const sent = await Promise.race([rig.load.call("finished", { events }), limit]);
    gaveUp.abort();
    if (sent === undefined) throw new Error(`the backlog was not filled in ${FILL_MS / 60_000} minutes`);
    const fillSeconds = (performance.now() - startedAt) / 1000;
    const file = join(rig.folder, "hub.db");
    const mbOnDisk = options.store === "sqlite" ? statSync(file).size / 2 ** 20 : null;
    const readyMs = await rig.hub.restart();
    const ready = memoryOf(rig.hub.processes);
    return {
      pending: sent.accepted * FAN_OUT,
      fillRate: (sent.accepted * FAN_OUT) / fillSeconds,
      refused: sent.refused,
      mbOnDisk,
      readyMs,
      ready,
      ...(await drain(rig, sent.accepted * FAN_OUT)),
    };
  });
}

/** Resumes every endpoint, and looks on for a minute or until nothing is left. @param {import("../rig.mjs").Rig} rig @param {number} pending */
async function drain(rig, pending) {
  const cpuBefore = sumCpuMicros(rig.hub.processes);
  const startedAt = performance.now();
  await rig.setAllActive(true);
  const rates = [];
  let before = await rig.receivers.call("counts");
  const first = before.at;
  let peak = memoryOf(rig.hub.processes);
  while (performance.now() - startedAt < MINUTE_MS && before.distinct < pending) {
    const until = performance.now() + WINDOW_MS;
    let after = before;
    while (performance.now() < until && after.distinct < pending) {
      await sleep(50);
      after = await rig.receivers.call("counts");
    }
    const memory = memoryOf(rig.hub.processes);
    if (memory.mb > peak.mb) peak = memory;
    rates.push(((after.distinct - before.distinct) / (after.at - before.at)) * 1e6);
    before = after;
  }
  return {
    rates,
    peak,
    wholeRate: median(rates),
    seconds: (before.at - first) / 1e6,
    hubMicros: (sumCpuMicros(rig.hub.processes) - cpuBefore) / before.distinct,
  };
}
