import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEmbedded, openServer, type TestStore } from "../stores.ts";
import { audit } from "./audit.ts";
import { simulate } from "./run.ts";
import { traceOf } from "./trace.ts";

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 10_000);
const FIRST = Number(process.env.SIMULATION_FIRST ?? 1);
const POSTGRES_SEEDS = 200;
const CHUNKS = 10;

describe.each([
  ["SQLite", openEmbedded, SEEDS],
  // A seed takes many times as long there, and the engine is the same.
  ["PostgreSQL", openServer, Math.min(SEEDS, POSTGRES_SEEDS)],
] as const)("on %s", (_name, open, seeds) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.remove());

  test.each(Array.from({ length: CHUNKS }, (_, chunk) => chunk))(
    "nothing is lost, doubled, held up or sent wrongly in the simulated runs of chunk %i",
    async (chunk) => {
      for (let seed = FIRST + chunk; seed < FIRST + seeds; seed += CHUNKS) {
        const run = await simulate(seed, store.driver);
        const problems = audit(run);
        if (problems.length > 0) expect.fail([`seed ${seed}`, ...problems, ...traceOf(run)].join("\n"));
      }
    },
    300_000,
  );
});
