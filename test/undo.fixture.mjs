import { existsSync } from "node:fs";
import { startPostgres } from "./postgres/server.mjs";
import { undoOnSignals, withUndo } from "./undo.mjs";

/** Begins something and waits to be told to end. Says what it does, a line each. */
const say = (/** @type {object} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`);

undoOnSignals();
await withUndo(async (undo) => {
  const server = await startPostgres({ fsync: false });
  undo(async () => {
    await server.remove();
    say({ folder: existsSync(server.folder) });
  });
  undo(() => Promise.reject(new Error("One step fails.")));
  undo(() => say({ undone: "last" }));
  say({ pid: server.pid });
  await new Promise(() => setInterval(() => undefined, 1_000));
});
