import { sleep } from "../rig.mjs";
import { memoryOf, sumCpuMicros } from "../usage.mjs";
import { within } from "../within.mjs";
import { delaysMs } from "./delays.mjs";

/** A backlog is let go, new events come meanwhile, and all of it is looked at until nothing is left. */
export const WINDOW_MS = 2_000;
const LOOK_MS = 50;
const DRAIN_MS = 900_000;
/** For the last of the new events, once nothing is left of the backlog. */
const LAST_MS = 60_000;

/**
 * @typedef {object} Window
 * @property {number} beganMs after the endpoints were resumed
 * @property {number} rate deliveries per second, those of new events included: it is what the hub sends
 * @property {number} distinct deliveries so far
 * @property {number} hubMicros processor time so far
 * @property {number} postgresMicros likewise, of a server of the bench's own
 * @property {number} mb resident
 */

/**
 * Resumes every endpoint, and waits until the backlog is delivered and the new events that came meanwhile are too.
 * @param {import("../rig.mjs").Rig} rig
 * @param {{events: number, pending: number, first: number, fanOut: number, rate: number, isWaiting: (event: number) => boolean}} backlog
 *   `events`: so many numbers are taken; `pending`: deliveries; `first`: of them, whose time is told; `rate`: new events per second; `isWaiting`: whether a new
 *   event's store has a backlog
 */
export async function drain(rig, { events, pending, first, fanOut, rate, isWaiting }) {
  await rig.receivers.call("markNew", { from: events });
  const cpu = { hub: sumCpuMicros(rig.hub.processes), postgres: sumCpuMicros(rig.database.processes) };
  const startedAt = performance.now();
  await rig.setAllActive(true);
  if (rate > 0) await rig.load.call("timetable", { rate, events: 0 });
  const seen = await watch(rig, { pending, first }, startedAt, cpu);
  const sent = await within(LAST_MS, rig.load.call("stop"));
  if (sent === undefined) throw new Error(`new events were still refused after ${LAST_MS / 1000} s`);
  if (seen.left === 0) await rig.drained(sent.accepted * fanOut, LAST_MS);
  return {
    ...seen,
    sent,
    ledger: await rig.ledger(sent, seen.left === 0),
    fresh: rate === 0 ? null : await freshDelays(rig, events, sent.sent, fanOut, isWaiting),
  };
}

/**
 * What was seen of the drain, window by window, until nothing of the backlog was left or the time was up.
 * @param {import("../rig.mjs").Rig} rig @param {{pending: number, first: number}} backlog @param {number} startedAt
 * @param {{hub: number, postgres: number}} cpu before
 */
async function watch(rig, { pending, first }, startedAt, cpu) {
  const elapsedMs = () => performance.now() - startedAt;
  const leftOf = (/** @type {{distinct: number, fresh: number}} */ counts) =>
    pending - (counts.distinct - counts.fresh);
  /** @type {Window[]} */
  const windows = [];
  let peak = memoryOf(rig.hub.processes);
  let firstSeconds = Number.POSITIVE_INFINITY;
  let before = await rig.receivers.call("counts");
  while (leftOf(before) > 0 && elapsedMs() < DRAIN_MS) {
    const beganMs = elapsedMs();
    let after = before;
    while (elapsedMs() < beganMs + WINDOW_MS && leftOf(after) > 0) {
      await sleep(LOOK_MS);
      after = await rig.receivers.call("counts");
      if (leftOf(after) <= pending - first) firstSeconds = Math.min(firstSeconds, elapsedMs() / 1000);
    }
    const memory = memoryOf(rig.hub.processes);
    if (memory.mb > peak.mb) peak = memory;
    windows.push({
      beganMs,
      rate: ((after.distinct - before.distinct) / (after.at - before.at)) * 1e6,
      distinct: after.distinct,
      hubMicros: sumCpuMicros(rig.hub.processes) - cpu.hub,
      postgresMicros: sumCpuMicros(rig.database.processes) - cpu.postgres,
      mb: memory.mb,
    });
    before = after;
  }
  return { windows, peak, firstSeconds, left: leftOf(before), seconds: elapsedMs() / 1000 };
}

/**
 * Of the new events, in ms from the time at which each was due.
 * @param {import("../rig.mjs").Rig} rig @param {number} from their first number @param {number} to @param {number} fanOut
 * @param {(event: number) => boolean} isWaiting
 */
async function freshDelays(rig, from, to, fanOut, isWaiting) {
  const { meantAt, acceptedAt } = await rig.load.call("times", { from });
  /** @type {number[]} */
  const waiting = [];
  /** @type {number[]} */
  const others = [];
  for (let slot = 0; slot < fanOut; slot++) {
    const arrivedAt = await rig.receivers.call("arrivals", { slot, from, length: to });
    for (const [index, ms] of delaysMs(meantAt, arrivedAt).entries()) {
      (isWaiting(from + index) ? waiting : others).push(ms);
    }
  }
  return { accepted: delaysMs(meantAt, acceptedAt), waiting, others };
}
