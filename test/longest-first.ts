import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Path parts of the files that take longest, the longest first: begun last, one would hold up the end by itself. */
const LONGEST = [
  "/test/simulation/",
  "/test/e2e/faults",
  "/test/e2e/process",
  "/store/postgres/postgres.test",
  "/test/e2e/demo",
  "/test/engine/postgres",
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
