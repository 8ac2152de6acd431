import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Tests run the sources of a neighbouring package, not what was last built of it.
  resolve: { alias: { "@ticketrail/contracts": source("./packages/contracts/src/index.ts") } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "test/**/*.test.ts",
      "bench/**/*.test.ts",
      "faults/src/**/*.test.ts",
    ],
    globalSetup: ["test/postgres/setup.ts"],
    // Generous: a machine that is shared may be three times slower for a while.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // A worker keeps its modules for the next file: importing them anew would take longer than most files do.
    isolate: false,
  },
});
