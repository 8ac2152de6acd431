import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../test/postgres/server.mjs";
import { withUndo } from "../test/undo.mjs";
import { startHub } from "./launch.mjs";
import { cpuMicros, idleMicros } from "./machine.mjs";
import { startChild } from "./processes.mjs";
import { LOAD, POSTGRES, RECEIVERS } from "./processor.mjs";
import { attachHub, awaitRoutes } from "./target.mjs";

export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a server on such a machine is given; everything that makes a commit durable is as PostgreSQL comes. */
const POSTGRES_SETTINGS = { shared_buffers: "512MB", max_wal_size: "4GB" };
/** One in how many deliveries has its signature checked. */
const CHECK_EVERY = 100;
const CREATE_AT_ONCE = 16;
/** How long answers that have been given may take into the hub's store. */
const SETTLED_MS = 5_000;
const LOOPBACK = "127.0.0.1";
const EVERY_ADDRESS = "0.0.0.0";

/**
 * A hub with a fresh store, its receivers and a load generator, each in a process of its own; all gone afterwards. With
 * a target, the hub is the one that runs there.
 * @template Result
 * @param {import("./options.mjs").Options} options
 * @param {{stores: number, fanOut: number, pattern?: number[] | null, outstanding?: boolean}} shape
 *   `pattern`: which store each event goes to, over and over; else each in turn
 * @param {(rig: Rig) => Promise<Result>} use
 */
export function withRig(options, shape, use) {
  return withUndo(async (undo) => {
    const folder = await mkdtemp(join(options.folder ?? tmpdir(), "ticketrail-bench-"));
    undo(() => rm(folder, { recursive: true, force: true }));
    const database = await openDatabase(options, folder);
    undo(() => database.remove());
    const receivers = startChild("receivers");
    undo(() => receivers.stop());
    const hub = await hubOf(options, folder, database.url, undo);
    const load = startChild("load");
    undo(() => load.stop());
    const rig = new Rig({ options, shape, folder, database, hub, receivers, load });
    await rig.furnish();
    return use(rig);
  });
}

/**
 * What no scenario may ask of a hub that only runs somewhere, the options have refused.
 * @param {import("./options.mjs").Options} options @param {string} folder @param {string} databaseUrl
 * @param {(step: () => unknown) => void} undo @returns {Promise<any>}
 */
const hubOf = async ({ target, workers }, folder, databaseUrl, undo) =>
  target === null ? startHub({ folder, databaseUrl, workers, undo }) : attachHub(target);

/**
 * Where the hub keeps everything: a file in its folder, a database that is given, or a PostgreSQL server for this run.
 * @param {import("./options.mjs").Options} options @param {string} folder
 */
async function openDatabase(options, folder) {
  const nothing = { processes: {}, remove: async () => undefined };
  if (options.database !== null) return { ...nothing, url: options.database };
  if (options.store === "sqlite") return { ...nothing, url: `file:${join(folder, "hub.db")}` };
  const server = await startPostgres({ folder: options.folder ?? tmpdir(), settings: POSTGRES_SETTINGS });
  return {
    processes: { [POSTGRES]: server.pid },
    url: server.url("postgres"),
    remove: () => server.remove(),
  };
}

export class Rig {
  /** @param {any} parts */
  constructor({ options, shape, folder, database, hub, receivers, load }) {
    /** @type {import("./options.mjs").Options} */
    this.options = options;
    /** @type {{stores: number, fanOut: number, pattern?: number[] | null}} */
    this.shape = shape;
    /** @type {string} */
    this.folder = folder;
    /** @type {{url: string, processes: Record<string, number>}} `processes`: of a server of the bench's own */
    this.database = database;
    /** @type {import("./launch.mjs").Hub} */
    this.hub = hub;
    /** @type {import("./processes.mjs").Child} */
    this.receivers = receivers;
    /** @type {import("./processes.mjs").Child} */
    this.load = load;
    /** By store, then by slot. @type {string[]} */
    this.endpointIds = [];
    /** Deliveries before the measurement, which the hub counts too. */
    this.probes = 0;
  }

  /** Stores with `fanOut` endpoints each, every endpoint at a port of its own. */
  async furnish() {
    const { stores, fanOut } = this.shape;
    const slots = Array.from({ length: stores * fanOut }, (_, index) => index % fanOut);
    const receiversHost = this.options.target?.receiversHost ?? LOOPBACK;
    /** @type {number[]} */
    const ports = await this.receivers.call("open", {
      slots,
      host: receiversHost === LOOPBACK ? LOOPBACK : EVERY_ADDRESS,
    });
    const run = randomBytes(4).toString("hex");
    /** @type {string[]} */
    const storeIds = [];
    /** @type {(string | null)[]} */
    const secrets = [];
    await inBatches(stores, async (store) => {
      const storeId = await this.hub.createStore(`bench-${run}-${store}`);
      storeIds[store] = storeId;
      for (let index = store * fanOut; index < (store + 1) * fanOut; index++) {
        const endpoint = await this.hub.createEndpoint({
          storeId,
          url: `http://${receiversHost}:${ports[index]}/hook`,
        });
        this.endpointIds[index] = endpoint.id;
        secrets[index] = endpoint.secret;
      }
    });
    const headers = this.hub.signatureHeaders;
    await this.receivers.call("trust", { secrets, headers, checkEvery: CHECK_EVERY });
    const shapes = storeIds.map((storeId) => this.hub.publishing(storeId));
    if (this.options.target !== null) {
      await awaitRoutes(this.hub.url, shapes, this.receivers);
      this.probes = await this.#probesDelivered();
    }
    await this.load.call("open", {
      url: this.hub.url.href,
      size: this.options.connections,
      feedbackPort: await this.receivers.call("feedback"),
      shapes,
      pattern: this.shape.pattern ?? null,
    });
  }

  /** Once none is pending. Nothing else has been sent yet. */
  async #probesDelivered() {
    if (this.hub.ledger === null) return 0;
    const deadline = Date.now() + SETTLED_MS;
    let counts = await this.hub.ledger(this.endpointIds);
    while (counts.pending > 0 && Date.now() < deadline) {
      await sleep(50);
      counts = await this.hub.ledger(this.endpointIds);
    }
    return counts.delivered;
  }

  /** @param {boolean} isActive */
  setAllActive(isActive) {
    return inBatches(this.endpointIds.length, (index) =>
      this.hub.setActive(this.endpointIds[index], isActive),
    );
  }

  /** What takes part on this machine, by name: process ids. @returns {Record<string, number>} */
  processes() {
    return {
      ...this.hub.processes,
      ...this.database.processes,
      [RECEIVERS]: this.receivers.pid,
      [LOAD]: this.load.pid,
    };
  }

  /** Where everything stands now. */
  async look() {
    const [sent, received] = await Promise.all([this.load.call("counts"), this.receivers.call("counts")]);
    return { sent, received, cpu: mapValues(this.processes(), cpuMicros), idle: idleMicros() };
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

  /**
   * Accepted × fan-out against what arrived and what the hub says, when it can be asked; the figures of both sides, and
   * whether they agree.
   * @param {{accepted: number}} sent @param {boolean} isOver false: it was given up with some of it left, and the hub,
   *   which still has much to do, is not asked
   */
  async ledger(sent, isOver = true) {
    const expected = sent.accepted * this.shape.fanOut;
    const hub = isOver ? await this.#hubsLedger(expected) : null;
    // Asked last: what arrives while the hub's answers are awaited counts too.
    const received = await this.receivers.call("counts");
    const arrived = received.distinct === expected && received.wrong === 0;
    if (hub === null) return { agrees: arrived, expected, received, hub };
    const agrees = arrived && hub.delivered === expected && hub.pending === 0 && hub.dead === 0;
    return { agrees, expected, received, hub };
  }

  /** Once the last ones, which have arrived, are in its store too. Null when it cannot be asked. @param {number} expected */
  async #hubsLedger(expected) {
    if (this.hub.ledger === null) return null;
    const deadline = Date.now() + SETTLED_MS;
    let counts = await this.hub.ledger(this.endpointIds);
    while (counts.delivered - this.probes < expected && Date.now() < deadline) {
      await sleep(50);
      counts = await this.hub.ledger(this.endpointIds);
    }
    return { ...counts, delivered: counts.delivered - this.probes };
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
    /** Processor time by process, in µs a delivery. */
    micros: mapValues(after.cpu, (cpu, name) => (cpu - before.cpu[name]) / delivered),
    idleMicros: (after.idle - before.idle) / delivered,
  };
}

/** @template From, To @param {Record<string, From>} record @param {(value: From, name: string) => To} change @returns {Record<string, To>} */
const mapValues = (record, change) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));

/** @param {number} count @param {(index: number) => Promise<unknown>} work */
async function inBatches(count, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CREATE_AT_ONCE, count) }, worker));
}
