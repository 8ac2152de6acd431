import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The program as few files: a start reads and links them in half the time that hundreds of modules take. What
 * stays outside is native, or asked for by `require`.
 */
await build({
  input: {
    main: here("dist/main.js"),
    "sender-worker": here("dist/sender-worker.js"),
    // `store/sqlite/threads` looks for it beside the file that its own code is in.
    worker: here("dist/store/sqlite/worker.js"),
  },
  platform: "node",
  external: ["libsql"],
  output: { dir: here("bundle"), cleanDir: true },
});
