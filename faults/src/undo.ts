/** What the tests and the bench use, too: plain JavaScript outside of this project. What is used of it is said here. */
interface Undoing {
  /** What `use` has begun is undone afterwards, the last first, also when the process is told to end. */
  withUndo<Result>(use: (undo: (step: () => unknown) => void) => Promise<Result>): Promise<Result>;
  undoOnSignals(): void;
  /** Never resolves in a process that is ending. */
  unlessEnding(): Promise<unknown>;
}

const path = new URL("../../test/undo.mjs", import.meta.url).href;
export const { withUndo, undoOnSignals, unlessEnding } = (await import(path)) as Undoing;
