import { setTimeout as sleep } from "node:timers/promises";
import { between, seededDice } from "../dice.ts";
import { atLeast, atMost, type Scenario } from "../result.ts";
import { withRig } from "../rig.ts";
import { GOES_ON_MS, mixedEndpoints, RETRY_SCALE } from "./mixed.ts";

const CONNECTIONS = 8;
const SHORTEST_MS = 20;
const LONGEST_MS = 1_200;
/** Every so many rounds it is waited for until all goes on; the others kill it in the middle of that. */
const LOOK_ROUNDS = 4;

export const kill: Scenario = {
  name: "kill",
  title: "kill -9 under load",
  run: ({ seed, rounds, store, readyMs }) =>
    withRig({ seed, store, endpoints: mixedEndpoints(), retryScale: RETRY_SCALE }, async (rig) => {
      const dice = seededDice(seed);
      let slowestMs = 0;
      for (let round = 0; round < rounds; round++) {
        const load = rig.client.load(CONNECTIONS);
        await sleep(between(dice, SHORTEST_MS, LONGEST_MS));
        await rig.kill();
        await load.ended;
        await rig.start();
        if (round % LOOK_ROUNDS === 0) slowestMs = Math.max(slowestMs, await rig.arrival());
      }
      const ledger = await rig.ledger();
      return {
        rounds,
        ledger,
        duplicatesAtMost: rounds * rig.inFlight,
        readyMs: rig.readyMs,
        checks: [
          atLeast("orders acknowledged", ledger.acknowledged, rounds * 10),
          atMost(
            "from ready until every endpoint is sent to again",
            slowestMs,
            Math.max(readyMs, GOES_ON_MS),
            " ms",
          ),
        ],
        skipped: null,
      };
    }),
};
