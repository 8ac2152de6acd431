import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../test/postgres/server.mjs";
import { startHub } from "./adapters/ticketrail.mjs";
import { cpuMicros } from "./machine.mjs";
import { startChild } from "./processes.mjs";

export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a server on such a machine is given; everything that makes a commit durable is as PostgreSQL comes. */
const POSTGRES_SETTINGS = { shared_buffers: "512MB", max_wal_size: "4GB" };
/** One in how many deliveries has its signature checked. */
const CHECK_EVERY = 100;
const CREATE_AT_ONCE = 16;

/**
 * A hub with a fresh store, its receivers and a load generator, each in a process of its own; all gone afterwards.
 * @template Result
 * @param {import("./options.mjs").Options} options
 * @param {{stores: number, fanOut: number, pattern?: number[] | null, outstanding?: boolean}} shape
 *   `pattern`: which store each event goes to, over and over; else each in turn
 * @param {(rig: Rig) => Promise<Result>} use
 */
export async function withRig(options, shape, use) {
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), "ticketrail-bench-"));
  const database = await openDatabase(options, folder);
  const clean = async () => {
    await database.remove();
    await rm(folder, { recursive: true, force: true });
  };
  const hub = await startHub({ folder, databaseUrl: database.url }).catch(async (error) => {
    await clean();
    throw error;
  });
  const receivers = startChild("receivers");
  const load = startChild("load");
  try {
    const rig = new Rig({ options, shape, folder, hub, receivers, load });
    await rig.furnish();
    return await use(rig);
  } finally {
    await Promise.all([load.stop(), hub.stop()]);
    await receivers.stop();
    await clean();
  }
}

/**
 * Where the hub keeps everything: a file in its folder, a database that is given, or a PostgreSQL server for this run.
 * @param {import("./options.mjs").Options} options @param {string} folder
 */
async function openDatabase(options, folder) {
  const nothing = async () => undefined;
  if (options.database !== null) return { url: options.database, remove: nothing };
  if (options.store === "sqlite") return { url: `file:${join(folder, "hub.db")}`, remove: nothing };
  const server = await startPostgres({ folder: options.folder ?? tmpdir(), settings: POSTGRES_SETTINGS });
  return { url: server.url("postgres"), remove: () => server.remove() };
}

export class Rig {
  /** @param {any} parts */
  constructor({ options, shape, folder, hub, receivers, load }) {
    /** @type {import("./options.mjs").Options} */
    this.options = options;
    /** @type {{stores: number, fanOut: number, pattern?: number[] | null}} */
    this.shape = shape;
    /** @type {string} */
    this.folder = folder;
    /** @type {import("./adapters/ticketrail.mjs").Hub} */
    this.hub = hub;
    /** @type {import("./processes.mjs").Child} */
    this.receivers = receivers;
    /** @type {import("./processes.mjs").Child} */
    this.load = load;
    /** By store, then by slot. @type {string[]} */
    this.endpointIds = [];
  }

  /** Stores with `fanOut` endpoints each, every endpoint at a port of its own. */
  async furnish() {
    const { stores, fanOut } = this.shape;
    const slots = Array.from({ length: stores * fanOut }, (_, index) => index % fanOut);
    /** @type {number[]} */
    const ports = await this.receivers.call("open", { slots });
    /** @type {string[]} */
    const storeIds = [];
    /** @type {string[]} */
    const secrets = [];
    await inBatches(stores, async (store) => {
      const storeId = await this.hub.createStore(`Bench ${store}`);
      storeIds[store] = storeId;
      for (let index = store * fanOut; index < (store + 1) * fanOut; index++) {
        const endpoint = await this.hub.createEndpoint({
          storeId,
          url: `http://127.0.0.1:${ports[index]}/hook`,
        });
        this.endpointIds[index] = endpoint.id;
        secrets[index] = endpoint.secret;
      }
    });
    await this.receivers.call("trust", { secrets, checkEvery: CHECK_EVERY });
    await this.load.call("open", {
      host: this.hub.host,
      port: this.hub.port,
      size: this.options.connections,
      feedbackPort: await this.receivers.call("feedback"),
      shapes: storeIds.map((storeId) => this.hub.publishing(storeId)),
      pattern: this.shape.pattern ?? null,
    });
  }

  /** @param {boolean} isActive */
  setAllActive(isActive) {
    return inBatches(this.endpointIds.length, (index) =>
      this.hub.setActive(this.endpointIds[index], isActive),
    );
  }

  /** Where everything stands now. */
  async look() {
    const [sent, received] = await Promise.all([this.load.call("counts"), this.receivers.call("counts")]);
    const cpu = [this.hub.pid, this.load.pid, this.receivers.pid].map(cpuMicros);
    return { sent, received, hubCpu: cpu[0], loadCpu: cpu[1], receiversCpu: cpu[2] };
  }

  /** What happened in each of several windows in a row. @param {number} count @param {number} windowMs */
  async windows(count, windowMs) {
    const seen = [];
    let before = await this.look();
    for (let i = 0; i < count; i++) {
      await sleep(windowMs);
      const after = await this.look();
      seen.push(between(before, after, this.shape.fanOut));
      before = after;
    }
    return seen;
  }

  /** Waits until as many deliveries have arrived; says how long that took and whether they did. */
  async drained(/** @type {number} */ deliveries, /** @type {number} */ withinMs) {
    const startedAt = performance.now();
    for (;;) {
      const { distinct } = await this.receivers.call("counts");
      const ms = performance.now() - startedAt;
      if (distinct >= deliveries || ms > withinMs) return { ms, complete: distinct >= deliveries };
      await sleep(10);
    }
  }

  /** Accepted × fan-out against what arrived and what the hub says; the figures of both sides, and whether they agree. */
  async ledger(/** @type {{accepted: number}} */ sent) {
    const received = await this.receivers.call("counts");
    const expected = sent.accepted * this.shape.fanOut;
    const deadline = Date.now() + 5_000;
    let hub = await this.hub.ledger(this.endpointIds);
    // The last ones have arrived, but their answers may still be on the way into the store.
    while (hub.delivered < expected && Date.now() < deadline) {
      await sleep(50);
      hub = await this.hub.ledger(this.endpointIds);
    }
    const sameNumber = received.distinct === expected && hub.delivered === expected;
    const agrees = sameNumber && hub.pending === 0 && hub.dead === 0 && received.wrong === 0;
    return { agrees, expected, received, hub };
  }
}

/** @param {Awaited<ReturnType<Rig["look"]>>} before @param {Awaited<ReturnType<Rig["look"]>>} after @param {number} fanOut */
function between(before, after, fanOut) {
  const delivered = after.received.distinct - before.received.distinct;
  const accepted = after.sent.accepted - before.sent.accepted;
  return {
    deliveredPerSecond: (delivered / (after.received.at - before.received.at)) * 1e6,
    acceptedPerSecond: (accepted / (after.sent.at - before.sent.at)) * 1e6,
    refused: after.sent.refused - before.sent.refused,
    backlog: after.sent.accepted * fanOut - after.received.distinct,
    hubMicros: (after.hubCpu - before.hubCpu) / delivered,
    loadMicros: (after.loadCpu - before.loadCpu) / delivered,
    receiversMicros: (after.receiversCpu - before.receiversCpu) / delivered,
  };
}

/** @param {number} count @param {(index: number) => Promise<unknown>} work */
async function inBatches(count, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CREATE_AT_ONCE, count) }, worker));
}
