import { atLeast, atMost, equal, type Scenario } from "../result.ts";
import { withRig } from "../rig.ts";

const QUEUED = 2_000;
const CONNECTIONS = 16;
/** Requests at once to an endpoint that keeps failing, and then one more each step. */
const FAILING_WIDTH = 4;
const STEP_MS = 50;
const FULL_WIDTH = 64;
/** Requests in the first second after it has answered, and how many more in each one after that. */
const FIRST_PER_SECOND = 50;
const MORE_PER_SECOND = 50;
/** An arrival that was on its way when the receiver came back, and one that has not been seen to close yet. */
const SLACK = 4;
const DRAINED_MS = 60_000;
/** The ramp alone takes eight; what was tried before it came back is tried again fifteen after that. */
const SLOWEST_SECONDS = 25;

type Arrival = readonly [ms: number, inFlight: number];

/** By how much the most crowded moment was over the ramp. */
const overWidth = (arrivals: readonly Arrival[]): number =>
  Math.max(
    ...arrivals.map(
      ([ms, inFlight]) => inFlight - Math.min(FULL_WIDTH, FAILING_WIDTH + Math.ceil(ms / STEP_MS)),
    ),
  );

/** How many had come, at the worst of times, beyond what the ramp allows until then. */
const overRate = (arrivals: readonly Arrival[]): number =>
  Math.max(
    ...arrivals.map(([ms], index) => {
      const seconds = ms / 1_000;
      return index + 1 - FIRST_PER_SECOND * seconds - (MORE_PER_SECOND / 2) * seconds ** 2;
    }),
  );

export const outage: Scenario = {
  name: "outage",
  title: "an endpoint is back, 2,000 queued",
  run: ({ seed, store }) => {
    const endpoint = { tag: "A", name: "late", contract: "mipos", behaviour: "outage" } as const;
    return withRig({ seed, store, endpoints: [endpoint], retryScale: 1 }, async (rig) => {
      await rig.receivers.call("setDown", true);
      const load = rig.client.load(CONNECTIONS);
      // By MiPOS' table what fails is put off by 15 s, so that the ramp is seen by what was never tried.
      await rig.until(
        async () => rig.client.acknowledged.size - (await rig.receivers.call("count", null)) >= QUEUED,
      );
      load.stop();
      await load.ended;
      await rig.receivers.call("setDown", false);
      const drained = await rig.until(async () => (await rig.pending()) === 0, DRAINED_MS);
      const arrivals = await rig.receivers.call("arrivals", null);
      return {
        rounds: 1,
        ledger: await rig.ledger(),
        duplicatesAtMost: 0,
        readyMs: rig.readyMs,
        checks: [
          atLeast("requests after it came back", arrivals.length, QUEUED),
          atMost("requests at once over the ramp", overWidth(arrivals), SLACK),
          atMost(
            "requests sooner than the ramp allows",
            Math.round(overRate(arrivals)),
            SLACK + FAILING_WIDTH,
          ),
          atMost(
            "seconds until the last of them",
            Math.round((arrivals.at(-1)?.[0] ?? 0) / 1_000),
            SLOWEST_SECONDS,
          ),
          equal("everything is delivered", drained ? "yes" : "no", "yes"),
        ],
        skipped: null,
      };
    });
  },
};
