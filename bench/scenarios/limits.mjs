import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { withUndo } from "../../test/undo.mjs";
import { cpuMicros } from "../machine.mjs";
import { startChild } from "../processes.mjs";
import { sleep } from "../rig.mjs";
import { median, quantile, spread } from "../stats.mjs";
import { MARKER } from "../wire/template.mjs";

/** What this machine could do at most, in the same run as everything else. */
const SCENARIO = "machine's limits";
const BODY_BYTES = 1_000;
const SEND_PORTS = 3;
const SEND_CONNECTIONS = 32;

/**
 * @typedef {{fsyncMs: {p50: number, p99: number}, commits: number, rowsGrouped: number, sender: number,
 *   senderMicros: number, ingest: number, ingestMicros: number, hmac: number, oneThread: number}} Limits
 */

/** @param {import("../options.mjs").Options} options @returns {Promise<{rows: import("../report.mjs").Row[], limits: Limits}>} */
export async function measureLimits(options) {
  const one = await commits(options, 1);
  const fifty = await commits(options, 50);
  const hmac = hmacRates(options);
  const sender = await rawSender(options);
  const ingest = await rawIngest(options);
  // What one thread would spend on an event with three deliveries if it kept nothing.
  const eventMicros = ingest.micros + 3 * (sender.micros + 1e6 / median(hmac));
  const limits = {
    fsyncMs: { p50: quantile(one.ms, 0.5), p99: quantile(one.ms, 0.99) },
    commits: median(one.rates),
    rowsGrouped: median(fifty.rates) * 50,
    sender: median(sender.rates),
    senderMicros: sender.micros,
    ingest: median(ingest.rates),
    ingestMicros: ingest.micros,
    hmac: median(hmac),
    oneThread: 3e6 / eventMicros,
  };
  return { limits, rows: rowsOf(limits, { one, fifty, hmac, sender, ingest }) };
}

/** @param {Limits} limits @param {any} seen @returns {import("../report.mjs").Row[]} */
function rowsOf(limits, { one, fifty, hmac, sender, ingest }) {
  const row = (
    /** @type {string} */ figure,
    /** @type {number[]} */ rates,
    /** @type {string} */ unit,
    extra = {},
  ) => {
    const { median: value, low, high } = spread(rates);
    return { scenario: SCENARIO, figure, value, low, high, unit, ...extra };
  };
  const times = (/** @type {number[]} */ ms) =>
    `p50 ${quantile(ms, 0.5).toFixed(2)} ms, p99 ${quantile(ms, 0.99).toFixed(2)} ms`;
  const micros = (/** @type {number} */ value) => `${value.toFixed(1)} µs of processor each`;
  return [
    row("durable commits of 1 row", one.rates, "commits/s", { note: times(one.ms) }),
    row("durable commits of 50 rows", fifty.rates, "commits/s", {
      note: `${times(fifty.ms)}; ${Math.round(limits.rowsGrouped)} rows/s`,
    }),
    row("HMAC-SHA256 of 1 KB", hmac, "signatures/s", { note: micros(1e6 / limits.hmac) }),
    row("raw sender (Pool.dispatch)", sender.rates, "deliveries/s", { note: micros(sender.micros) }),
    row("raw ingest (bare Fastify)", ingest.rates, "events/s", { note: micros(ingest.micros) }),
    {
      scenario: SCENARIO,
      figure: "one thread, nothing kept",
      value: limits.oneThread,
      unit: "deliveries/s",
      note: "computed: ingest + 3 × (sign + send)",
    },
  ];
}

/** SQLite as the hub uses it: WAL, synchronous=FULL, one prepared insert. @param {import("../options.mjs").Options} options @param {number} rows */
function commits(options, rows) {
  return withUndo(async (undo) => {
    const folder = await mkdtemp(join(options.folder ?? tmpdir(), "ticketrail-bench-"));
    undo(() => rm(folder, { recursive: true, force: true }));
    return commitsIn(folder, options, rows);
  });
}

/** @param {string} folder @param {import("../options.mjs").Options} options @param {number} rows */
function commitsIn(folder, options, rows) {
  const db = new Database(join(folder, "fsync.db"));
  db.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)",
  );
  const insert = db.prepare("INSERT INTO t (body) VALUES (?)");
  const body = "x".repeat(BODY_BYTES);
  const commit = db.transaction(() => {
    for (let i = 0; i < rows; i++) insert.run(body);
  });
  /** @type {number[]} */
  const ms = [];
  const rates = windowRates(options, () => {
    const startedAt = performance.now();
    commit();
    ms.push(performance.now() - startedAt);
  });
  db.close();
  return { rates, ms };
}

/** @param {import("../options.mjs").Options} options */
function hmacRates(options) {
  const key = createSecretKey(randomBytes(32));
  const body = "x".repeat(BODY_BYTES);
  return windowRates(options, () => {
    for (let i = 0; i < 100; i++) createHmac("sha256", key).update("1768730400.").update(body).digest("hex");
  }).map((rate) => rate * 100);
}

/** How often per second, in each of several windows. @param {import("../options.mjs").Options} options @param {() => void} work */
function windowRates(options, work) {
  const windowMs = options.quick ? 300 : 1_000;
  return Array.from({ length: options.windows }, () => {
    const startedAt = performance.now();
    let done = 0;
    while (performance.now() - startedAt < windowMs) {
      work();
      done++;
    }
    return (done / (performance.now() - startedAt)) * 1000;
  });
}

/** @param {import("../options.mjs").Options} options */
async function rawSender(options) {
  const receivers = startChild("receivers");
  const sender = startChild("sender");
  try {
    const ports = await receivers.call("open", { slots: Array(SEND_PORTS).fill(0) });
    await sender.call("start", { ports, perPort: SEND_CONNECTIONS, bytes: BODY_BYTES });
    return await sample(options, sender.pid, async () => {
      const { sent, at } = await sender.call("counts");
      return { count: sent, at };
    });
  } finally {
    await sender.stop();
    await receivers.stop();
  }
}

/** @param {import("../options.mjs").Options} options */
async function rawIngest(options) {
  const ingest = startChild("ingest");
  const load = startChild("load");
  try {
    const port = await ingest.call("listen");
    const body = JSON.stringify({
      storeId: "s",
      type: "order.created",
      data: { name: MARKER, filler: "x".repeat(600) },
    });
    const shape = {
      method: "POST",
      path: "/v1/events",
      headers: { "content-type": "application/json" },
      body,
    };
    const address = { url: `http://127.0.0.1:${port}`, size: options.connections };
    await load.call("open", { ...address, feedbackPort: null, shapes: [shape], pattern: null });
    await load.call("closed", { fanOut: 1, outstanding: 0, events: 0 });
    const rates = await sample(options, ingest.pid, async () => {
      const { accepted, at } = await load.call("counts");
      return { count: accepted, at };
    });
    await load.call("stop");
    return rates;
  } finally {
    await load.stop();
    await ingest.stop();
  }
}

/** @param {import("../options.mjs").Options} options @param {number} pid @param {() => Promise<{count: number, at: number}>} look */
async function sample(options, pid, look) {
  const windowMs = options.windowMs / 2;
  await sleep(options.quick ? 500 : 2_000);
  const rates = [];
  const micros = [];
  let before = { ...(await look()), cpu: cpuMicros(pid) };
  for (let i = 0; i < options.windows; i++) {
    await sleep(windowMs);
    const after = { ...(await look()), cpu: cpuMicros(pid) };
    rates.push(((after.count - before.count) / (after.at - before.at)) * 1e6);
    micros.push((after.cpu - before.cpu) / (after.count - before.count));
    before = after;
  }
  return { rates, micros: median(micros) };
}
