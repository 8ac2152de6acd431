import { atLeast, atMost, equal, type Scenario } from "../result.ts";
import { withRig } from "../rig.ts";

const QUEUED = 2_000;
const CONNECTIONS = 16;
/** Requests at once to an endpoint that keeps failing, and then one more each step. */
const FAILING_WIDTH = 4;
const STEP_MS = 50;
const FULL_WIDTH = 64;
/** An arrival that was on its way when the receiver came back, and one that has not been seen to close yet. */
const SLACK = 4;
const DRAINED_MS = 60_000;

/** By how much the most crowded moment was over the ramp. */
const overRamp = (arrivals: readonly (readonly [number, number])[]): number =>
  Math.max(
    ...arrivals.map(
      ([ms, inFlight]) => inFlight - Math.min(FULL_WIDTH, FAILING_WIDTH + Math.ceil(ms / STEP_MS)),
    ),
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
          atMost("requests at once over the ramp", overRamp(arrivals), SLACK),
          atMost("most requests at once", Math.max(...arrivals.map(([, inFlight]) => inFlight)), FULL_WIDTH),
          atLeast("and as many as the ramp allows in the end", Math.max(...arrivals.map(([, n]) => n)), 16),
          equal("everything is delivered", drained ? "yes" : "no", "yes"),
        ],
        skipped: null,
      };
    });
  },
};
