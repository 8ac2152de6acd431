import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StoreDriver } from "../../packages/server/src/store/driver.ts";
import { openSqlite } from "../../packages/server/src/store/sqlite/index.ts";
import { audit } from "./audit.ts";
import { simulate } from "./run.ts";
import { traceOf } from "./trace.ts";

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 10_000);
const FIRST = Number(process.env.SIMULATION_FIRST ?? 1);
const CHUNKS = 10;

// Memory-backed where there is such a folder: what is proved here does not depend on the disk.
const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const folder = mkdtempSync(join(base, "ticketrail-simulation-"));
let driver: StoreDriver;

beforeAll(async () => {
  driver = await openSqlite({ path: join(folder, "simulation.db"), threads: false });
});
afterAll(async () => {
  await driver.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Array.from({ length: CHUNKS }, (_, chunk) => chunk))(
  "nothing is lost, doubled, held up or sent wrongly in the simulated runs of chunk %i",
  async (chunk) => {
    for (let seed = FIRST + chunk; seed < FIRST + SEEDS; seed += CHUNKS) {
      const run = await simulate(seed, driver);
      const problems = audit(run);
      if (problems.length > 0) expect.fail([`seed ${seed}`, ...problems, ...traceOf(run)].join("\n"));
    }
  },
  300_000,
);
