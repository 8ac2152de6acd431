import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ticketrail } from "./adapters/ticketrail.mjs";

/** Starts this hub with a fresh store, and drives it through its adapter. */
const BIN = fileURLToPath(new URL("../packages/server/bin/ticketrail.js", import.meta.url));
/** As `npm start` does. To profile the hub besides: `BENCH_HUB_NODE_ARGS="--cpu-prof --cpu-prof-dir=profiles"`. */
const HUB_NODE_ARGS = [
  "--max-semi-space-size=64",
  "--max-old-space-size=1024",
  ...(process.env.BENCH_HUB_NODE_ARGS?.split(" ") ?? []),
];
const READY_MS = 120_000;
const POLL_MS = 20;

const adminKey = randomBytes(24).toString("hex");
const secretKey = randomBytes(32).toString("hex");

/** @param {{folder: string, databaseUrl: string}} options */
export async function startHub({ folder, databaseUrl }) {
  const port = await freePort();
  const log = join(folder, "hub.log");
  const url = `http://127.0.0.1:${port}`;
  /** @type {import("node:child_process").ChildProcess} */
  let child;

  /** Resolves when it is ready; says after how many ms. */
  async function launch() {
    const startedAt = performance.now();
    const file = openSync(log, "a");
    child = spawn(process.execPath, [...HUB_NODE_ARGS, BIN, "serve"], {
      cwd: folder,
      stdio: ["ignore", file, file],
      env: {
        PATH: process.env.PATH,
        MALLOC_ARENA_MAX: "2",
        HOST: "127.0.0.1",
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        TICKETRAIL_ADMIN_KEY: adminKey,
        TICKETRAIL_SECRET_KEY: secretKey,
        TICKETRAIL_ALLOW_NETWORKS: "127.0.0.0/8",
      },
    });
    closeSync(file);
    await becomesReady(url, child, log);
    return performance.now() - startedAt;
  }

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  await launch();
  return {
    url: new URL(url),
    log,
    get pid() {
      return /** @type {number} */ (child.pid);
    },
    /** Its processes on this machine, by name. */
    get processes() {
      return { hub: this.pid };
    },
    stop,
    async restart() {
      await stop();
      return launch();
    },
    ...ticketrail({ base: new URL(url), key: adminKey }),
  };
}
/** @typedef {Awaited<ReturnType<typeof startHub>>} Hub */

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

/** @param {string} url @param {import("node:child_process").ChildProcess} child @param {string} log */
async function becomesReady(url, child, log) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the hub ended with code ${child.exitCode}:\n${tail(log)}`);
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.arrayBuffer().then(() => response.ok),
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the hub was not ready after ${READY_MS / 1000} s:\n${tail(log)}`);
}

/** @param {string} path */
const tail = (path) => readFileSync(path, "utf8").slice(-2_000);
