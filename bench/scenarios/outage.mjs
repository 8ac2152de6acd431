import { sleep, withRig } from "../rig.mjs";
import { median, quantile, spread } from "../stats.mjs";
import { delaysMs } from "./delays.mjs";
import { named } from "./throughput.mjs";

/**
 * One endpoint takes every request and answers none, until 10,000 deliveries have queued for it; then it comes back. How
 * soon they are through, and what the deliveries of the others wait meanwhile, beside what they wait afterwards.
 */
const ENDPOINTS = 101;
const OUT = 0;
const OTHERS = Array.from({ length: ENDPOINTS - 1 }, (_, index) => index + 1);
/** While it is away, every third event is for it; longer than two attempts take to time out, so that it is known to fail. */
const QUEUED = 10_000;
const QUICK_QUEUED = 1_000;
const PART = 3;
const BOTH = OTHERS.flatMap((other, index) => (index % (PART - 1) === 0 ? [OUT, other] : [other]));
const ROUNDS = 3;
/** With nothing queued, after it, for comparison. */
const CALM_MS = 10_000;
/** Attempts that had begun before it came back time out first. */
const DRAIN_MS = 60_000;
/** What was attempted before it came back waits for its retry, which is not meant here. */
const MOST = 0.99;
const STEP_MS = 500;
const STEPS = 10;
const POLL_MS = 50;

/** @param {import("../options.mjs").Options} options */
export async function outage(options) {
  const queued = options.quick ? QUICK_QUEUED : QUEUED;
  const rounds = [];
  for (let round = 0; round < (options.quick ? 1 : ROUNDS); round++)
    rounds.push(await measure(options, queued));
  const scenario = `back after an outage with ${queued.toLocaleString("en-US")} queued`;
  const p99 = (/** @type {"meanwhile" | "calm"} */ when) =>
    rounds.map((round) => quantile(round[when], 0.99));
  return {
    rows: [
      {
        scenario,
        figure: `drained to ${MOST * 100} %`,
        ...named(spread(rounds.map(({ seconds }) => seconds))),
        unit: "s",
        note: `from the first that arrived on; arrived in each half second, in the first round: ${rounds[0].steps.join(", ")}`,
      },
      {
        scenario,
        figure: "others, due → received p99",
        ...named(spread(p99("meanwhile"))),
        unit: "ms",
        limit: { name: "afterwards", value: median(p99("calm")) },
        note: `${options.rate} events/s; afterwards, round by round: ${p99("calm")
          .map((ms) => ms.toFixed(2))
          .join(", ")}; ${rounds.reduce((sum, { missing }) => sum + missing, 0)} missing`,
      },
    ],
  };
}

/** @param {import("../options.mjs").Options} options @param {number} queued */
function measure(options, queued) {
  return withRig(options, { stores: ENDPOINTS, fanOut: 1, pattern: BOTH }, async (rig) => {
    await rig.receivers.call("hang", { receiver: OUT, hangs: true });
    const before = queued * PART;
    await rig.load.call("timetable", { rate: (options.rate * PART) / (PART - 1), events: before });
    await rig.load.call("finished", { events: before });
    await rig.load.call("direct", { pattern: OTHERS });
    await rig.load.call("timetable", { rate: options.rate, events: 0 });
    const requests = async () => (await rig.receivers.call("perReceiver"))[OUT];
    const unanswered = await requests();
    await rig.receivers.call("hang", { receiver: OUT, hangs: false });
    const deadline = performance.now() + DRAIN_MS;
    while ((await requests()) < unanswered + queued * MOST && performance.now() < deadline)
      await sleep(POLL_MS);
    await sleep(CALM_MS);
    const { sent } = await rig.load.call("stop");
    await rig.drained(sent, DRAIN_MS / 10);
    const { meantAt } = await rig.load.call("times");
    /** @type {Float64Array} */
    const arrivedAt = await rig.receivers.call("arrivals", { slot: 0, length: sent });
    return seen({ meantAt, arrivedAt }, before);
  });
}

/**
 * @param {{meantAt: Float64Array, arrivedAt: Float64Array}} times in µs, by event number; 0: not yet
 * @param {number} before of them were sent before it came back
 */
export function seen({ meantAt, arrivedAt }, before) {
  const isQueued = (/** @type {number} */ event) => event < before && BOTH[event % BOTH.length] === OUT;
  const queued = arrivedAt.filter((_, event) => isQueued(event));
  const arrivals = queued.filter((at) => at > 0).sort();
  const from = arrivals[0];
  const until = arrivals[Math.min(arrivals.length, Math.ceil(queued.length * MOST)) - 1];
  const others = (/** @type {(at: number) => boolean} */ during) => {
    const events = [...meantAt.keys()].filter((event) => event >= before && during(meantAt[event]));
    return delaysMs(
      events.map((event) => meantAt[event]),
      events.map((event) => arrivedAt[event]),
    );
  };
  return {
    seconds: queued.length * MOST <= arrivals.length ? (until - from) / 1e6 : Number.POSITIVE_INFINITY,
    steps: Array.from({ length: STEPS }, (_, step) => {
      const [begin, end] = [from + step * STEP_MS * 1000, from + (step + 1) * STEP_MS * 1000];
      return arrivals.filter((at) => at >= begin && at < end).length;
    }),
    meanwhile: others((at) => at >= from && at <= until),
    calm: others((at) => at > until),
    missing: others(() => true).filter((ms) => ms === Number.POSITIVE_INFINITY).length,
  };
}
