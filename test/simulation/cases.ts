import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEmbedded, openServer, type TestStore } from "../stores.ts";
import { audit } from "./audit.ts";
import { simulate } from "./run.ts";
import { traceOf } from "./trace.ts";

const FIRST = Number(process.env.SIMULATION_FIRST ?? 1);
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 10_000);
/** Files that share the seeds, so that every worker has its part of them. */
const FILES = 4;
/** A seed takes many times as long there, and the engine is the same. */
const SERVER_SEEDS = 80;
const CHUNKS = 5;

/** A file's share, from 1 to `FILES`, of the runs on SQLite. */
export const embeddedRuns = (file: number): void =>
  runs("SQLite", openEmbedded, { from: file - 1, to: SEEDS, step: FILES });

export const serverRuns = (): void =>
  runs("PostgreSQL", openServer, { from: 0, to: Math.min(SEEDS, SERVER_SEEDS), step: 1 });

/** Of the seeds counted from the first one, each `step`th. */
interface Share {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

function runs(name: string, open: () => Promise<TestStore>, { from, to, step }: Share): void {
  describe(`on ${name}`, () => {
    let store: TestStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.remove());

    test.each(Array.from({ length: CHUNKS }, (_, chunk) => chunk))(
      "nothing is lost, doubled, held up or sent wrongly in the simulated runs of chunk %i",
      async (chunk) => {
        for (let index = from + chunk * step; index < to; index += CHUNKS * step) {
          const run = await simulate(FIRST + index, store.driver);
          const problems = audit(run);
          if (problems.length > 0)
            expect.fail([`seed ${FIRST + index}`, ...problems, ...traceOf(run)].join("\n"));
        }
      },
      300_000,
    );
  });
}
