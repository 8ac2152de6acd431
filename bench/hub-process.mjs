import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unlessEnding } from "../test/undo.mjs";

/** One process of this hub, at a port of its own. */
const BIN = fileURLToPath(new URL("../packages/server/bin/ticketrail.js", import.meta.url));
const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
/** As `npm start` does. To profile the hub besides: `BENCH_HUB_NODE_ARGS="--cpu-prof --cpu-prof-dir=profiles"`. */
const HUB_NODE_ARGS = [
  ...scripts.start.match(/--\S+=\d+/g),
  ...(process.env.BENCH_HUB_NODE_ARGS?.split(" ") ?? []),
];
const READY_MS = 120_000;
const POLL_MS = 20;

/**
 * Not started yet; the port stays the same from start to start.
 * @param {{name: string, folder: string, environment: Record<string, string>}} options
 */
export async function hubProcess({ name, folder, environment }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, `${name.replaceAll(" ", "-")}.log`);
  /** @type {import("node:child_process").ChildProcess | null} */
  let child = null;
  return {
    name,
    url,
    log,
    get pid() {
      return child?.pid ?? 0;
    },
    /** Resolves when it is ready. */
    async start() {
      await unlessEnding();
      const file = openSync(log, "a");
      child = spawn(process.execPath, [...HUB_NODE_ARGS, BIN, "serve"], {
        cwd: folder,
        stdio: ["ignore", file, file],
        env: {
          PATH: process.env.PATH,
          MALLOC_ARENA_MAX: "2",
          HOST: "127.0.0.1",
          PORT: String(port),
          ...environment,
        },
      });
      closeSync(file);
      await becomesReady(name, url, child, log);
    },
    async stop() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
/** @typedef {Awaited<ReturnType<typeof hubProcess>>} HubProcess */

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} name @param {string} url @param {import("node:child_process").ChildProcess} child @param {string} log */
async function becomesReady(name, url, child, log) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${name} ended with code ${child.exitCode}:\n${tail(log)}`);
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.arrayBuffer().then(() => response.ok),
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${name} was not ready after ${READY_MS / 1000} s:\n${tail(log)}`);
}

/** @param {string} path */
const tail = (path) => readFileSync(path, "utf8").slice(-2_000);
