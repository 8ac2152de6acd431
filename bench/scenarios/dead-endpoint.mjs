import { withRig } from "../rig.mjs";
import { quantile, spread } from "../stats.mjs";
import { slices } from "./latency.mjs";
import { named } from "./throughput.mjs";

/**
 * A thousand endpoints; one, or a tenth of them, which half of the traffic is for, take every request and never answer.
 * What the other half then waits, beside the same traffic with those endpoints in good health.
 */
const ENDPOINTS = 1_000;
const MANY_PART = 10;
const QUICK_ENDPOINTS = 100;
const RUN_MS = 20_000;
/** Without and with, in turn, so that what else the machine does meets both. */
const ROUNDS = 2;
const QUICK_RUN_MS = 6_000;

/** @param {import("../options.mjs").Options} options */
export async function deadEndpoint(options) {
  const stores = options.quick ? QUICK_ENDPOINTS : ENDPOINTS;
  const rows = [];
  for (const count of [1, stores / MANY_PART]) rows.push(...(await withDead(options, stores, count)));
  return { rows };
}

/** @param {import("../options.mjs").Options} options @param {number} stores @param {number} count of them may hang */
async function withDead(options, stores, count) {
  const [without, dead] = [[], []].map(() => ({
    windows: /** @type {{p50: number, p99: number}[]} */ ([]),
    missing: 0,
    deadSeen: 0,
  }));
  for (let round = 0; round < ROUNDS; round++) {
    add(without, await measure(options, stores, { count, hang: false }));
    add(dead, await measure(options, stores, { count, hang: true }));
  }
  const row = (/** @type {number} */ share) => {
    const of = (/** @type {{p50: number, p99: number}[]} */ windows) =>
      spread(windows.map((window) => (share === 0.5 ? window.p50 : window.p99)));
    return {
      scenario: `${count} dead of ${stores}, half the traffic`,
      figure: `healthy, due → received p${share * 100}`,
      ...named(of(dead.windows)),
      unit: "ms",
      limit: { name: "none dead", value: of(without.windows).median },
      note:
        share === 0.5
          ? `${options.rate} events/s`
          : `${dead.missing} of the healthy ones' missing, ${dead.deadSeen} requests at the dead`,
    };
  };
  return [row(0.5), row(0.99)];
}

/** @typedef {{windows: {p50: number, p99: number}[], missing: number, deadSeen: number}} Seen */

/** @param {Seen} to @param {Seen} more */
function add(to, more) {
  to.windows.push(...more.windows);
  to.missing += more.missing;
  to.deadSeen += more.deadSeen;
}

/**
 * @param {import("../options.mjs").Options} options @param {number} stores
 * @param {{count: number, hang: boolean}} dead the first stores' endpoints
 * @returns {Promise<Seen>}
 */
function measure(options, stores, { count, hang }) {
  const events = Math.round((options.rate * (options.quick ? QUICK_RUN_MS : RUN_MS)) / 1000);
  // Every other event goes to one of those; the others in turn to the rest.
  const pattern = Array.from({ length: 2 * count * (stores - count) }, (_, i) =>
    i % 2 === 0 ? (i / 2) % count : count + (((i - 1) / 2) % (stores - count)),
  );
  return withRig(options, { stores, fanOut: 1, pattern }, async (rig) => {
    for (let receiver = 0; receiver < count; receiver++) {
      await rig.receivers.call("hang", { receiver, hangs: hang });
    }
    await rig.load.call("timetable", { rate: options.rate, events });
    const sent = await rig.load.call("finished", { events });
    await rig.drained(hang ? Math.floor(events / 2) : sent.accepted, 10_000);
    const { meantAt } = await rig.load.call("times");
    /** @type {Float64Array} */
    const arrived = await rig.receivers.call("arrivals", { slot: 0, length: events });
    const healthy = (/** @type {number} */ sequence) => sequence % 2 === 1;
    const missing = slices(0, events, 1)[0].filter((i) => healthy(i) && arrived[i] === 0).length;
    const warm = Math.floor(events / 6);
    const windows = slices(warm, events, 5).map((window) => {
      const ms = window
        .filter((i) => healthy(i) && arrived[i] > 0)
        .map((i) => (arrived[i] - meantAt[i]) / 1000);
      return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
    });
    /** @type {number[]} */
    const seen = await rig.receivers.call("perReceiver");
    const deadSeen = seen.slice(0, count).reduce((sum, requests) => sum + requests, 0);
    return { windows, missing, deadSeen };
  });
}
