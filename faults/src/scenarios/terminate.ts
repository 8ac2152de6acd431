import { setTimeout as sleep } from "node:timers/promises";
import { between, seededDice } from "../dice.ts";
import { atMost, equal, type Scenario } from "../result.ts";
import { withRig } from "../rig.ts";
import { mixedEndpoints, RETRY_SCALE } from "./mixed.ts";

const CONNECTIONS = 8;
const SHORTEST_MS = 20;
const LONGEST_MS = 1_200;
const END_WITHIN_MS = 15_000;

export const terminate: Scenario = {
  name: "terminate",
  title: "SIGTERM under load",
  run: ({ seed, rounds: kills, store }) =>
    withRig({ seed, store, endpoints: mixedEndpoints(), retryScale: RETRY_SCALE }, async (rig) => {
      const dice = seededDice(seed);
      const rounds = Math.ceil(kills / (kills > 100 ? 4 : 2));
      const codes = new Set<number | null>();
      let slowestMs = 0;
      for (let round = 0; round < rounds; round++) {
        const load = rig.client.load(CONNECTIONS);
        await sleep(between(dice, SHORTEST_MS, LONGEST_MS));
        const asked = performance.now();
        codes.add(await rig.hub.stop("SIGTERM"));
        slowestMs = Math.max(slowestMs, performance.now() - asked);
        await load.ended;
        await rig.start();
      }
      return {
        rounds,
        ledger: await rig.ledger(),
        duplicatesAtMost: 0,
        readyMs: rig.readyMs,
        checks: [
          equal("exit codes", [...codes].join(" "), "0"),
          atMost("longest end", slowestMs, END_WITHIN_MS, " ms"),
        ],
        skipped: null,
      };
    }),
};
