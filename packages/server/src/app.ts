import { dirname, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { CONTRACTS } from "@ticketrail/contracts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { addressPolicy, checkUrl } from "./adapters/address-guard.ts";
import { SYSTEM_TIME, steadyClock } from "./adapters/clock.ts";
import { makeFolder } from "./adapters/folder.ts";
import { parseJson } from "./adapters/json.ts";
import { type AdminKey, madeAdminKey, madeSecretKey } from "./adapters/made-keys.ts";
import { createMetrics, type Metrics } from "./adapters/metrics.ts";
import { cryptoRandom, seededRandom } from "./adapters/random.ts";
import { senderThread } from "./adapters/sender-thread.ts";
import { systemTimers } from "./adapters/timers.ts";
import { createVault } from "./adapters/vault.ts";
import type { Config, DatabaseConfig } from "./config.ts";
import { DAY_MS } from "./domain/endpoint.ts";
import { type Clock, idsFrom } from "./domain/id.ts";
import { ADMISSION } from "./engine/admission.ts";
import { createEngine, DEFAULT_LIMITS } from "./engine/create.ts";
import type { AttemptReport } from "./engine/dispatcher.ts";
import type { Engine } from "./engine/engine.ts";
import { JOBS } from "./engine/jobs.ts";
import type { Sender } from "./engine/sender.ts";
import type { Vault } from "./engine/vault.ts";
import { createHttp } from "./http/app.ts";
import { createProbes } from "./http/probes.ts";
import { checkSecretKey } from "./secret-key-check.ts";
import type { SenderStart } from "./sender-worker.ts";
import { createServices } from "./service/services.ts";
import type { StoreDriver } from "./store/driver.ts";

export interface App {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The operator's key where one was made at this start: shown once, kept nowhere. */
  readonly freshAdminKey: string | null;
  /** Takes no new work, lets what is in flight end, and closes everything. */
  close(): Promise<void>;
}

const SWEEP_MS = 30_000;
/** Where others queue what this process is to send, and a hint may be lost. */
const SHARED_SWEEP_MS = 1_000;
/** An attempt takes 10 s at most, and the process is to end within 15. */
const DRAIN_MS = 12_000;
const IDLE_SWEEP_MS = 50;

/** Of the threads that start from here on. What is chosen for the main thread, at the command line, is more than they need. */
const THREADS_YOUNG_GENERATION = "--max-semi-space-size=16";

/** The one composition root: every effect is chosen here. Rejects where the store or the address cannot be had. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  if (config.database.kind === "sqlite") makeFolder(dirname(resolve(config.database.path)));
  const { vault, admin } = keysOf(config);
  const clock = steadyClock(SYSTEM_TIME, (movedMs) =>
    log.warn(
      { movedMs },
      "the machine's clock was moved: the hub keeps to its own time, and takes the machine's at its next start",
    ),
  );
  setFlagsFromString(THREADS_YOUNG_GENERATION);
  const starting = senderThread(startSenderWorker(config));
  const driver = await openStore(config.database, clock).catch(async (error) => {
    await (await starting).close();
    throw error;
  });
  const sender = await starting;
  try {
    if (!config.secretKeyLost) await checkSecretKey(driver, vault);
    const metrics = createMetrics();
    const policy = addressPolicy(config);
    const engine = engineOf(config, { driver, clock, sender, vault, metrics, log });
    metrics.watch(() => queueState(driver, engine, clock));
    const contracts = new Map(CONTRACTS.map((contract) => [contract.name, contract]));
    const services = createServices({
      driver,
      engine,
      vault,
      clock,
      contracts,
      checkUrl: (url) => checkUrl(url, policy),
    });
    driver.hints?.listen((hint) => {
      if (hint.kind === "endpoints") services.stores.forget(hint.storeId);
    });
    let draining = false;
    const random = cryptoRandom();
    const probes = { driver, metrics, draining: () => draining };
    const http =
      config.role === "worker"
        ? createProbes(probes)
        : createHttp({
            ...probes,
            services,
            vault,
            clock,
            random,
            seededRandom: (seed) => seededRandom(vault, seed),
            parseJson,
            contracts,
            trustProxy: config.trustProxy,
            hosts: config.hosts,
            adminKeyHash: admin.hash,
            log,
          });
    await engine.start();
    const url = await http.listen({ host: config.host, port: config.port });
    admin.keep();
    const close = async () => {
      draining = true;
      await closeInOrder(http, engine, () => sender.close(), driver);
    };
    return { url, freshAdminKey: admin.fresh, close };
  } catch (error) {
    await sender.close();
    await driver.close();
    throw error;
  }
}

/** Made-up keys are kept beside the embedded store; the configuration has seen to it that there is one. */
function keysOf({ database, secretKey, adminKey }: Config) {
  const path = database.kind === "sqlite" ? database.path : "";
  const vault = createVault(secretKey ?? madeSecretKey(path));
  const given = (key: string): AdminKey => ({ hash: vault.hash(key), fresh: null, keep: () => undefined });
  return { vault, admin: adminKey === null ? madeAdminKey(path, vault) : given(adminKey) };
}

/** Only the driver that is used is loaded: a start waits for it. */
async function openStore(database: DatabaseConfig, clock: Clock): Promise<StoreDriver> {
  if (database.kind === "sqlite") {
    const { openSqlite } = await import("./store/sqlite/index.ts");
    return openSqlite({ path: database.path, threads: true });
  }
  const { openPostgres } = await import("./store/postgres/index.ts");
  const { url, directUrl } = database;
  return openPostgres({ url, ...(directUrl === null ? {} : { directUrl }), now: clock.now() });
}

/**
 * Nothing new comes in, what is in flight both ways ends, and the store is closed last. What cannot end in time (a disk
 * that is full, an endpoint that hangs) is leased, and free at the next start.
 */
async function closeInOrder(
  http: FastifyInstance,
  engine: Engine,
  closeSender: () => Promise<void>,
  driver: StoreDriver,
): Promise<void> {
  // A connection that was busy when the closing began is idle once it has its answer, and would be kept alive for ever.
  const sweep = setInterval(() => http.server.closeIdleConnections(), IDLE_SWEEP_MS);
  await within(DRAIN_MS, Promise.all([http.close(), engine.drain().then(closeSender)]));
  clearInterval(sweep);
  http.server.closeAllConnections();
  await driver.close();
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const gaveUp = new AbortController();
  const limit = setTimeout(ms, undefined, { signal: gaveUp.signal }).catch(() => undefined);
  await Promise.race([work, limit]);
  gaveUp.abort();
}

function startSenderWorker({ production, allowNetworks }: Config): Worker {
  // Lanes say how much goes to one endpoint at once. With fewer connections than lanes may use together, one that
  // hangs would take them from its neighbours at the same origin, whose time runs while they wait.
  const connectionsPerOrigin = DEFAULT_LIMITS.maxInFlight;
  const start: SenderStart = { production, allowNetworks, connectionsPerOrigin };
  return new Worker(new URL("./sender-worker.js", import.meta.url), { workerData: start });
}

interface EngineEffects {
  readonly driver: StoreDriver;
  readonly clock: Clock;
  readonly sender: Sender;
  readonly vault: Vault;
  readonly metrics: Metrics;
  readonly log: Logger;
}

function engineOf(config: Config, effects: EngineEffects): Engine {
  const { driver, clock, sender, vault, metrics, log } = effects;
  return createEngine({
    driver,
    sender,
    vault,
    contracts: CONTRACTS,
    clock,
    timers: systemTimers,
    newId: idsFrom(clock, cryptoRandom()),
    limits: DEFAULT_LIMITS,
    retryScale: config.retryScale,
    retentionMs: config.retentionDays * DAY_MS,
    sweepMs: config.database.kind === "sqlite" ? SWEEP_MS : SHARED_SWEEP_MS,
    jobs: JOBS,
    // The embedded store has one process: what a lease says of another one is history.
    exclusive: config.database.kind === "sqlite",
    sends: config.role !== "api",
    admission: ADMISSION,
    load: busyShare(),
    onAccepted: (events) => metrics.eventsAccepted(events),
    onAttempt: (report) => noteAttempt(report, metrics, log),
    onDeactivated: ({ endpoint, record }) =>
      log.warn(
        {
          endpointId: endpoint.id,
          storeId: endpoint.storeId,
          failingSince: record.failingSince,
        },
        "endpoint deactivated: it has failed for seven days",
      ),
    onTrouble: (error) => log.error({ err: error }, "the engine could not finish a step, and will try again"),
  });
}

function noteAttempt({ target, held, outcome, record }: AttemptReport, metrics: Metrics, log: Logger): void {
  const contract = target.contract.name;
  metrics.attempt(contract, outcome.error ?? "delivered", outcome.durationMs);
  if (outcome.error === null) {
    metrics.delivered(contract, record.attempt.at - held.delivery.createdAt);
    return;
  }
  log.info(
    {
      deliveryId: held.delivery.id,
      endpointId: held.delivery.endpointId,
      storeId: held.delivery.storeId,
      contract,
      attempt: record.attempt.number,
      statusCode: outcome.statusCode,
      error: outcome.error,
      durationMs: outcome.durationMs,
      settlement: record.settlement.status,
    },
    "attempt failed",
  );
}

/** How busy the event loop was lately. In less time than this it is all busy or all idle. */
const BUSY_MS = 250;
function busyShare(): () => number {
  let since = performance.now();
  let last = performance.eventLoopUtilization();
  let share = 0;
  return () => {
    const now = performance.now();
    if (now - since < BUSY_MS) return share;
    const seen = performance.eventLoopUtilization();
    share = performance.eventLoopUtilization(seen, last).utilization;
    last = seen;
    since = now;
    return share;
  };
}

async function queueState(driver: StoreDriver, engine: Engine, clock: Clock) {
  const { pending, oldestDueAt } = await driver.queueStats();
  const waitedMs = oldestDueAt === null ? 0 : clock.now() - oldestDueAt;
  return { inFlight: engine.stats().inFlight, pending, oldestDueMs: Math.max(0, waitedMs) };
}
