import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MARKER, SEQUENCE } from "../wire/template.mjs";

/**
 * How the bench drives this hub. Another hub's adapter has the same calls: `start`, `createStore` (whatever groups
 * endpoints there), `createEndpoint`, `setActive`, `publishing` (the request that accepts one event), `ledger`.
 */
const BIN = fileURLToPath(new URL("../../packages/server/bin/ticketrail.js", import.meta.url));
/** As `npm start` does. To profile the hub besides: `BENCH_HUB_NODE_ARGS="--cpu-prof --cpu-prof-dir=profiles"`. */
const HUB_NODE_ARGS = ["--max-semi-space-size=64", ...(process.env.BENCH_HUB_NODE_ARGS?.split(" ") ?? [])];
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
    host: "127.0.0.1",
    port,
    log,
    get pid() {
      return /** @type {number} */ (child.pid);
    },
    stop,
    async restart() {
      await stop();
      return launch();
    },
    ...calls(url),
  };
}
/** @typedef {Awaited<ReturnType<typeof startHub>>} Hub */

/** @param {string} url */
function calls(url) {
  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async function call(method, path, body) {
    const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 400)}`);
    return text && JSON.parse(text);
  }
  return {
    /** @param {string} name @returns {Promise<string>} */
    async createStore(name) {
      const store = { name, currency: "EUR", timezone: "Europe/Copenhagen", plan: "enterprise" };
      return (await call("POST", "/v1/stores", store)).id;
    },
    /** @param {{storeId: string, url: string}} input @returns {Promise<{id: string, secret: string}>} */
    createEndpoint: (input) =>
      call("POST", "/v1/endpoints", { ...input, contract: "standard", events: ["order.created"] }),
    /** @param {string} endpointId @param {boolean} isActive */
    setActive: (endpointId, isActive) =>
      call("PATCH", `/v1/endpoints/${endpointId}`, { state: isActive ? "active" : "paused" }),
    /** @param {string} storeId */
    publishing: (storeId) => ({
      method: "POST",
      path: "/v1/events",
      headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
      body: JSON.stringify({ storeId, type: "order.created", data: order() }),
    }),
    /** The hub's own count of what became of these endpoints' deliveries. @param {string[]} endpointIds */
    async ledger(endpointIds) {
      const counts = { delivered: 0, pending: 0, dead: 0 };
      for (const id of endpointIds) {
        const health = await call("GET", `/v1/endpoints/${id}/health`);
        counts.delivered += health.succeeded;
        counts.pending += health.pending;
        counts.dead += health.deadLetters;
      }
      return counts;
    },
  };
}

/** An order of three items, about 700 bytes, as a platform with a record of its own sends it. */
function order() {
  const item = (/** @type {string} */ name, /** @type {number} */ unitMinor) => ({
    productId: `prod_${name.length}kx2m4n7`,
    name,
    quantity: 2,
    unitMinor,
    modifiers: [],
  });
  return {
    id: `order-${SEQUENCE}`,
    displayNumber: "2026-0148",
    channel: "web",
    customer: { id: "cust_n3k7m2", name: "Maria Nielsen", phone: "+4520123456", email: "maria@example.dk" },
    fulfilment: { type: "delivery", address: "Havnegade 12, 1058 København K" },
    items: [item(`Margherita ${MARKER}`, 8900), item("Garlic bread", 3900), item("Lemonade", 2500)],
    totals: { subtotalMinor: 30600, taxMinor: 6120, deliveryFeeMinor: 2900, totalMinor: 33500 },
    notes: "Ring twice, the bell is slow",
  };
}

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
