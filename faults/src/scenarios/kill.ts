import { setTimeout as sleep } from "node:timers/promises";
import { between, seededDice } from "../dice.ts";
import { atLeast, type Scenario } from "../result.ts";
import { withRig } from "../rig.ts";
import { mixedEndpoints, RETRY_SCALE } from "./mixed.ts";

const CONNECTIONS = 8;
const SHORTEST_MS = 20;
const LONGEST_MS = 1_200;

export const kill: Scenario = {
  name: "kill",
  title: "kill -9 under load",
  run: ({ seed, rounds, store }) =>
    withRig({ seed, store, endpoints: mixedEndpoints(), retryScale: RETRY_SCALE }, async (rig) => {
      const dice = seededDice(seed);
      for (let round = 0; round < rounds; round++) {
        const load = rig.client.load(CONNECTIONS);
        await sleep(between(dice, SHORTEST_MS, LONGEST_MS));
        await rig.kill();
        await load.ended;
        await rig.start();
      }
      const ledger = await rig.ledger();
      return {
        rounds,
        ledger,
        duplicatesAtMost: rounds * rig.inFlight,
        readyMs: rig.readyMs,
        checks: [atLeast("orders acknowledged", ledger.acknowledged, rounds * 10)],
        skipped: null,
      };
    }),
};
