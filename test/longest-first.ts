import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Path parts of the files that take longer than some seconds, the longest first: begun last, one would hold up the end by
 * itself. Where nothing is known of a file, vitest goes by its size, and some of these are a line or two.
 */
const LONGEST = [
  "/test/simulation/",
  "/test/e2e/faults",
  "/test/e2e/process",
  "/test/engine/process",
  "/test/engine/postgres",
  "/store/postgres/postgres.test",
  "/test/e2e/demo",
  "/test/postgres/faults",
  "/test/e2e/signals",
  "/test/engine/",
  "/store/sqlite/threads",
  "/store/sqlite/sqlite.test",
  "/src/sender-worker",
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const index = LONGEST.findIndex((part) => moduleId.includes(part));
  return index === -1 ? LONGEST.length : index;
};

/** The order in which workers take the files. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
