import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice, seededDice } from "../dice.ts";
import type { Options } from "../options.ts";
import { atLeast, atMost, type Result, type Scenario, skippedBecause } from "../result.ts";
import { type Rig, withRig } from "../rig.ts";
import { storeNamed } from "../stores.ts";
import { mixedEndpoints, RETRY_SCALE } from "./mixed.ts";

const CONNECTIONS = 8;
/** So that what piles up while nothing can be written is sent within the time for recovery. */
const PACE_MS = 40;
const RECOVERY_MS = 5_000;
/** How long a server stays away. */
const AWAY_MS = 2_000;
const SILENT_MS = 60_000;
/** Longer than a statement may take. */
const QUICK_SILENT_MS = 11_000;

type Break = (rig: Rig, dice: Dice, round: number) => Promise<void>;

/** Under load the server is broken, and comes back; nobody touches the hub, which has to find out by itself. */
async function brokenUnderLoad(options: Options, rounds: number, breakIt: Break): Promise<Result> {
  const { seed, store } = options;
  const input = { seed, store, endpoints: mixedEndpoints(), retryScale: RETRY_SCALE, linked: true };
  return withRig(input, async (rig) => {
    const dice = seededDice(seed);
    let slowestMs = 0;
    for (let round = 0; round < rounds; round++) {
      const load = rig.client.load(CONNECTIONS, { paceMs: PACE_MS });
      await sleep(between(dice, 200, 1_200));
      await breakIt(rig, dice, round);
      slowestMs = Math.max(slowestMs, await rig.arrival());
      load.stop();
      await load.ended;
    }
    const ledger = await rig.ledger();
    return {
      rounds,
      ledger,
      // The hub lives: what it could not write down, it has kept.
      duplicatesAtMost: 0,
      readyMs: rig.readyMs,
      checks: [
        atLeast("orders acknowledged", ledger.acknowledged, rounds * 10),
        atMost("until every endpoint is sent to again", slowestMs, RECOVERY_MS, " ms"),
      ],
      skipped: null,
    };
  });
}

/** What only a store with a server can suffer. */
export const onServer =
  (run: Scenario["run"]): Scenario["run"] =>
  async (options) =>
    storeNamed(options.store).embedded ? skippedBecause("the store has no server") : run(options);

/** As many as asked for, divided, and at least one. */
const share = ({ rounds, quick }: Options, most: number): number =>
  quick ? 1 : Math.min(most, Math.ceil(rounds / 2));

export const serverKilled: Scenario = {
  name: "server",
  title: "PostgreSQL killed under load",
  run: onServer((options) =>
    brokenUnderLoad(options, share(options, 20), async ({ server }, dice, round) => {
      await (round % 2 === 0 ? server.kill() : server.quit());
      await sleep(between(dice, 0, AWAY_MS));
      await server.start();
    }),
  ),
};

export const disconnected: Scenario = {
  name: "connections",
  title: "PostgreSQL's connections ended",
  run: onServer((options) =>
    brokenUnderLoad(options, share(options, 50), async ({ server }) => void (await server.disconnect())),
  ),
};

export const silent: Scenario = {
  name: "silent",
  title: "PostgreSQL's port silent",
  run: onServer((options) =>
    brokenUnderLoad(options, 1, async ({ server }) => {
      server.link.answers = "hold";
      await sleep(options.quick ? QUICK_SILENT_MS : SILENT_MS);
      server.link.answers = "pass";
    }),
  ),
};
