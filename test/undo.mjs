/** Of what is under way: undoes it. @type {Set<() => Promise<void>>} */
const open = new Set();
let isEnding = false;

/** Should this process be told to end, this is done before; not any more once what it returns was called. */
export function atEnd(/** @type {() => Promise<void>} */ undo) {
  open.add(undo);
  return () => void open.delete(undo);
}

/** Never resolves in a process that is ending: nothing more is begun, or said. To be awaited before something is started. */
export const unlessEnding = () => (isEnding ? new Promise(() => undefined) : Promise.resolve());

/**
 * What `use` has begun is undone afterwards, the last first, whether or not it has failed; so it is when the process is
 * told to end, where `undoOnSignals` was called.
 * @template Result
 * @param {(undo: (step: () => unknown) => void) => Promise<Result>} use
 * @returns {Promise<Result>}
 */
export async function withUndo(use) {
  await unlessEnding();
  /** @type {(() => unknown)[]} */
  const steps = [];
  const undoAll = async () => {
    /** @type {unknown[]} */
    const errors = [];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  /** When the process ends, what is under way often fails at the first step, and asks for the same. @type {Promise<void> | undefined} */
  let undoing;
  const undo = () => {
    undoing ??= undoAll();
    return undoing;
  };
  const forget = atEnd(undo);
  try {
    return await use((step) => void steps.push(step));
  } finally {
    await undo().finally(forget);
    await unlessEnding();
  }
}

/** SIGINT and SIGTERM end this process when all is undone; a second one does at once. */
export function undoOnSignals() {
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])) {
    process.on(signal, async () => {
      if (isEnding) process.exit(code);
      isEnding = true;
      for (const undo of [...open]) await undo().catch(() => undefined);
      process.exit(code);
    });
  }
}
