import { withRig } from "../rig.mjs";
import { quantile, spread } from "../stats.mjs";
import { slices } from "./latency.mjs";
import { named } from "./throughput.mjs";

/**
 * A thousand endpoints; one, which half of the traffic is for, takes every request and never answers. What the other
 * half then waits, beside the same traffic with that endpoint in good health.
 */
const ENDPOINTS = 1_000;
const QUICK_ENDPOINTS = 100;
const RUN_MS = 20_000;
/** Without and with, in turn, so that what else the machine does meets both. */
const ROUNDS = 2;
const QUICK_RUN_MS = 6_000;

/** @param {import("../options.mjs").Options} options */
export async function deadEndpoint(options) {
  const [without, dead] = [[], []].map(() => ({
    windows: /** @type {{p50: number, p99: number}[]} */ ([]),
    missing: 0,
    deadSeen: 0,
  }));
  for (let round = 0; round < ROUNDS; round++) {
    add(without, await measure(options, false));
    add(dead, await measure(options, true));
  }
  const endpoints = options.quick ? QUICK_ENDPOINTS : ENDPOINTS;
  const scenario = `one dead of ${endpoints}, half the traffic`;
  const row = (/** @type {number} */ share) => {
    const of = (/** @type {{p50: number, p99: number}[]} */ windows) =>
      spread(windows.map((window) => (share === 0.5 ? window.p50 : window.p99)));
    return {
      scenario,
      figure: `healthy, due → received p${share * 100}`,
      ...named(of(dead.windows)),
      unit: "ms",
      limit: { name: "none dead", value: of(without.windows).median },
      note:
        share === 0.5
          ? `${options.rate} events/s`
          : `${dead.missing} of the healthy ones' missing, ${dead.deadSeen} requests at the dead one`,
    };
  };
  return { rows: [row(0.5), row(0.99)] };
}

/** @typedef {{windows: {p50: number, p99: number}[], missing: number, deadSeen: number}} Seen */

/** @param {Seen} to @param {Seen} more */
function add(to, more) {
  to.windows.push(...more.windows);
  to.missing += more.missing;
  to.deadSeen += more.deadSeen;
}

/** @param {import("../options.mjs").Options} options @param {boolean} dead @returns {Promise<Seen>} */
function measure(options, dead) {
  const stores = options.quick ? QUICK_ENDPOINTS : ENDPOINTS;
  const events = Math.round((options.rate * (options.quick ? QUICK_RUN_MS : RUN_MS)) / 1000);
  // Every other event goes to store 0; the others in turn to the rest.
  const pattern = Array.from({ length: 2 * (stores - 1) }, (_, i) => (i % 2 === 0 ? 0 : (i + 1) / 2));
  return withRig(options, { stores, fanOut: 1, pattern }, async (rig) => {
    await rig.receivers.call("hang", { receiver: 0, hangs: dead });
    await rig.load.call("timetable", { rate: options.rate, events });
    const sent = await rig.load.call("finished", { events });
    await rig.drained(dead ? Math.floor(events / 2) : sent.accepted, 10_000);
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
    const [deadSeen] = await rig.receivers.call("perReceiver");
    return { windows, missing, deadSeen };
  });
}
