import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice, seededDice } from "../dice.ts";
import type { Hub } from "../hub.ts";
import type { Options } from "../options.ts";
import { atLeast, atMost, type Check, type Result, type Scenario } from "../result.ts";
import { type Rig, withRig } from "../rig.ts";
import { GOES_ON_MS, mixedEndpoints, RETRY_SCALE } from "./mixed.ts";
import { onServer } from "./server.ts";

const CONNECTIONS = 8;
const PACE_MS = 40;
const GRACE_MS = 1_000;
const LEASE_MS = 30_000;
/** A lease, and the time until somebody looks for those that have run out. */
const TAKEN_OVER_MS = LEASE_MS + 10_000;
const PARTED_MS = 5_000;
/** Who came first learns of the other by its next beat, and leaves it its share of the lanes. */
const SPREAD_MS = LEASE_MS / 3 + 3_000;

type Trouble = (rig: Rig, dice: Dice) => Promise<readonly Check[]>;

/** One process accepts, two send; one of them can be parted from the database. */
async function withWorkers(options: Options, rounds: number, trouble: Trouble): Promise<Result> {
  const { seed, store } = options;
  const worker = { TICKETRAIL_ROLE: "worker" };
  const input = {
    seed,
    store,
    endpoints: mixedEndpoints(),
    retryScale: RETRY_SCALE,
    env: { TICKETRAIL_ROLE: "api" },
    beside: [{ env: worker }, { env: worker, linked: true }],
  };
  return withRig(input, async (rig) => {
    await sleep(SPREAD_MS);
    const checks = await trouble(rig, seededDice(seed));
    const ledger = await rig.ledger();
    return {
      rounds,
      ledger,
      duplicatesAtMost: rounds * rig.inFlight,
      readyMs: rig.readyMs,
      checks: [atLeast("orders acknowledged", ledger.acknowledged, rounds * 10), ...checks],
      skipped: null,
    };
  });
}

const pick = (rig: Rig, dice: Dice, among: readonly Hub[] = [rig.hub, ...rig.beside]): Hub =>
  among[Math.floor(dice() * among.length)] as Hub;

export const processKilled: Scenario = {
  name: "processes",
  title: "kill -9 of one of three processes",
  run: onServer((options) =>
    withWorkers(options, options.rounds, async (rig, dice) => {
      let slowestMs = 0;
      for (let round = 0; round < options.rounds; round++) {
        const load = rig.client.load(CONNECTIONS, { paceMs: PACE_MS });
        await sleep(between(dice, 20, 1_200));
        const victim = pick(rig, dice);
        await rig.kill(victim);
        // The worker that is left goes on before the dead one is back.
        const waits = victim !== rig.hub && round % 4 === 0;
        if (waits) slowestMs = Math.max(slowestMs, await rig.arrival());
        load.stop();
        await load.ended;
        await rig.start(victim);
      }
      slowestMs = Math.max(slowestMs, await rig.arrival());
      return [atMost("until every endpoint is sent to again", slowestMs, GOES_ON_MS, " ms")];
    }),
  ),
};

export const partedWorker: Scenario = {
  name: "parted",
  title: "a worker parted from PostgreSQL",
  run: onServer((options) => {
    const rounds = options.quick ? 1 : Math.ceil(options.rounds / 10);
    return withWorkers(options, rounds, async (rig, dice) => {
      let slowestMs = 0;
      let quickestMs = Number.POSITIVE_INFINITY;
      for (let round = 0; round < rounds; round++) {
        const load = rig.client.load(CONNECTIONS, { paceMs: PACE_MS });
        await sleep(between(dice, 200, 1_200));
        rig.server.link.cut();
        rig.interrupted();
        const takenOverMs = await rig.arrival();
        slowestMs = Math.max(slowestMs, takenOverMs);
        quickestMs = Math.min(quickestMs, takenOverMs);
        await sleep(PARTED_MS);
        rig.server.link.answers = "pass";
        slowestMs = Math.max(slowestMs, await rig.arrival());
        load.stop();
        await load.ended;
        await sleep(SPREAD_MS);
      }
      return [
        // Else it had no lanes to lose, and the rest proves nothing.
        atLeast("until what it had is taken over", quickestMs, GRACE_MS, " ms"),
        atMost("until every endpoint is sent to again", slowestMs, GOES_ON_MS, " ms"),
      ];
    });
  }),
};

export const stoppedWorker: Scenario = {
  name: "stopped",
  title: "a worker stopped for three leases",
  run: onServer((options) =>
    withWorkers(options, 1, async (rig, dice) => {
      const load = rig.client.load(2, { paceMs: 2 * PACE_MS });
      await sleep(between(dice, 1_000, 3_000));
      const victim = pick(rig, dice, rig.beside);
      victim.signal("SIGSTOP");
      rig.interrupted();
      const takenOverMs = await rig.arrival();
      await sleep(Math.max(0, 3 * LEASE_MS - takenOverMs));
      victim.signal("SIGCONT");
      const resumedMs = await rig.arrival();
      await sleep(3_000);
      load.stop();
      await load.ended;
      return [
        atLeast("until what it had is taken over", takenOverMs, GRACE_MS, " ms"),
        atMost("until the other sends in its place", takenOverMs, TAKEN_OVER_MS, " ms"),
        atMost("after it is resumed", resumedMs, GOES_ON_MS, " ms"),
      ];
    }),
  ),
};
