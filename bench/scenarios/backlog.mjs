import { statSync } from "node:fs";
import { join } from "node:path";
import { ledgerRow } from "../ledger.mjs";
import { withRig } from "../rig.mjs";
import { snapshotName, underSnapshot } from "../snapshot.mjs";
import { median, quantile, spread } from "../stats.mjs";
import { eachNote, memoryOf } from "../usage.mjs";
import { within } from "../within.mjs";
import { drain, WINDOW_MS } from "./drain.mjs";
import { named } from "./throughput.mjs";

/**
 * A great many pending deliveries, kept by paused endpoints: how soon the hub is ready again with them, how much memory
 * that takes, whether it drains them as fast as it drains few, and how long new events wait meanwhile: those of the stores
 * that have the backlog, which go behind it, and those of as many others.
 */
const STORES = 10;
const FAN_OUT = 3;
const WAITING = Array.from({ length: STORES }, (_, store) => store);
/** Of new events, every second one goes to a store that has nothing waiting. */
const BOTH = WAITING.flatMap((store) => [store, STORES + store]);
const isWaiting = (/** @type {number} */ event) => (BOTH[event % BOTH.length] ?? 0) < STORES;
const MINUTE_MS = 60_000;
const FILL_MS = 3_600_000;
/** What is asked of it. */
const SECONDS_A_MILLION = 180;
const NEW_EVENT_MS = 5_000;

/** @param {import("../options.mjs").Options} options */
export async function backlog(options) {
  const first = Math.min(options.small, options.pending);
  const small = await measure(options, first, first);
  const large = await measure(options, options.pending, first);
  const scenario = `backlog of ${options.pending.toLocaleString("en-US")}${snapshotName(options)}`;
  return {
    rows: [...readyRows(scenario, large, small), ...drainRows(scenario, large, small, options.drainRate)],
    drains: { small: small.windows, large: large.windows },
  };
}

/** @typedef {Awaited<ReturnType<typeof measure>>} Seen */

/** @param {import("../options.mjs").Options} options @param {number} pending @param {number} first of them */
function measure(options, pending, first) {
  return withRig(options, { stores: 2 * STORES, fanOut: FAN_OUT, pattern: WAITING }, (rig) => {
    const run = () => fillAndDrain(rig, options, pending, first);
    return options.snapshot ? underSnapshot(rig.database.url, run) : run();
  });
}

/**
 * @param {import("../rig.mjs").Rig} rig @param {import("../options.mjs").Options} options @param {number} pending
 * @param {number} first
 */
async function fillAndDrain(rig, options, pending, first) {
  const events = Math.ceil(pending / FAN_OUT);
  await rig.setAllActive(false);
  const startedAt = performance.now();
  await rig.load.call("closed", { fanOut: FAN_OUT, outstanding: 0, events });
  const sent = await within(FILL_MS, rig.load.call("finished", { events }));
  if (sent === undefined) throw new Error(`the backlog was not filled in ${FILL_MS / 60_000} minutes`);
  const fillSeconds = (performance.now() - startedAt) / 1000;
  const file = join(rig.folder, "hub.db");
  const mbOnDisk = options.store === "sqlite" ? statSync(file).size / 2 ** 20 : null;
  const readyMs = await rig.hub.restart();
  const ready = memoryOf(rig.hub.processes);
  const filled = { events, pending: sent.accepted * FAN_OUT };
  await rig.load.call("direct", { pattern: BOTH });
  const drained = await drain(rig, { ...filled, first, isWaiting, fanOut: FAN_OUT, rate: options.drainRate });
  return {
    ...filled,
    fillRate: filled.pending / fillSeconds,
    refusedFilling: sent.refused,
    mbOnDisk,
    readyMs,
    ready,
    ...drained,
    refused: drained.sent.refused - sent.refused,
    firstRate: first / drained.firstSeconds,
    firstMinute: firstMinuteOf(drained.windows),
  };
}

/** @param {import("./drain.mjs").Window[]} windows */
export function firstMinuteOf(windows) {
  const first = windows.filter(({ beganMs }) => beganMs < MINUTE_MS);
  const last = first.at(-1);
  return {
    rates: first.map(({ rate }) => rate),
    hubMicros: last && last.hubMicros / last.distinct,
    postgresMicros: last && last.postgresMicros / last.distinct,
  };
}

/** @param {string} scenario @param {Seen} large @param {Seen} small @returns {import("../report.mjs").Row[]} */
const readyRows = (scenario, large, small) => [
  {
    scenario,
    figure: "filled",
    value: large.fillRate,
    unit: "deliveries/s",
    note: `${large.mbOnDisk === null ? "" : `${large.mbOnDisk.toFixed(0)} MB on disk; `}${large.refusedFilling} refused for now`,
  },
  {
    scenario,
    figure: "ready after a restart",
    value: large.readyMs,
    unit: "ms",
    limit: { name: nameOf(small), value: small.readyMs },
  },
  {
    scenario,
    figure: "resident when ready",
    value: large.ready.mb,
    unit: "MB",
    note: `${eachNote(large.ready)}${eachNote(large.ready) && "; "}at most ${large.peak.mb.toFixed(0)} MB while draining${eachNote(large.peak, ": ")}`,
  },
];

/**
 * @param {string} scenario @param {Seen} large @param {Seen} small @param {number} drainRate
 * @returns {import("../report.mjs").Row[]}
 */
function drainRows(scenario, large, small, drainRate) {
  const { rates, hubMicros, postgresMicros } = large.firstMinute;
  const server = postgresMicros ? `; PostgreSQL ${postgresMicros.toFixed(0)} µs a delivery` : "";
  return [
    {
      scenario,
      figure: `drained, the first ${small.pending.toLocaleString("en-US")}`,
      value: large.firstRate,
      unit: "deliveries/s",
      limit: { name: nameOf(small), value: small.firstRate },
      note: "from the moment at which endpoints are resumed; as many of a large backlog as there were of a small one",
    },
    {
      scenario,
      figure: "drained, first minute",
      ...named(spread(rates)),
      unit: "deliveries/s",
      hubMicros,
      limit: { name: nameOf(small), value: median(small.firstMinute.rates) },
      note: `median of ${rates.length} windows of ${WINDOW_MS / 1000} s, new events included, in order: ${rates.map((rate) => Math.round(rate)).join(", ")}${server}`,
    },
    {
      scenario,
      figure: large.left === 0 ? "drained, all of it" : "NOT DRAINED IN TIME",
      value: large.seconds,
      unit: "s",
      limit: { name: "asked", value: (large.pending / 1e6) * SECONDS_A_MILLION },
      note: `${large.left} of ${large.pending} left; on average ${Math.round((large.pending - large.left) / large.seconds)} of them a second`,
    },
    ...newEventRows(scenario, large, drainRate),
    ledgerRow(scenario, large.ledger),
    ledgerRow(`${scenario}, the one ${nameOf(small)}`, small.ledger),
  ];
}

/** @param {string} scenario @param {Seen} large @param {number} drainRate @returns {import("../report.mjs").Row[]} */
function newEventRows(scenario, { fresh, refused, sent }, drainRate) {
  if (fresh === null) return [];
  const missingOf = (/** @type {number[]} */ received) =>
    received.filter((ms) => !Number.isFinite(ms)).length;
  return [
    {
      scenario,
      figure: "new events, due → accepted p99",
      value: quantile(fresh.accepted, 0.99),
      unit: "ms",
      note: `${fresh.accepted.length} events, ${drainRate} a second, until nothing of the backlog was left; ${refused} refused for now, ${sent.broken} broken, ${sent.wrong} wrong${sent.wrong > 0 ? ` ${JSON.stringify(sent.statuses)}` : ""}`,
    },
    ...[
      { whose: "of the stores that wait", received: fresh.waiting },
      { whose: "of other stores", received: fresh.others },
    ].map(({ whose, received }) => ({
      scenario,
      figure: `new events ${whose}, due → received p99`,
      value: quantile(received, 0.99),
      unit: "ms",
      limit: { name: "asked", value: NEW_EVENT_MS },
      note: `p50 ${quantile(received, 0.5).toFixed(0)} ms, last ${quantile(received, 1).toFixed(0)} ms; ${missingOf(received)} of ${received.length} never came`,
    })),
  ];
}

/** @param {Seen} small */
const nameOf = (small) => `with ${small.pending.toLocaleString("en-US")}`;
