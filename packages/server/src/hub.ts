import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { CONTRACTS } from "@ticketrail/contracts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { addressPolicy, checkUrl } from "./adapters/address-guard.ts";
import { parseJson } from "./adapters/json.ts";
import { createMetrics, type Metrics, type QueueState } from "./adapters/metrics.ts";
import { NEIGHBOURS_FOLDER, neighboursIn } from "./adapters/neighbours.ts";
import { cryptoRandom, seededRandom } from "./adapters/random.ts";
import { systemTimers } from "./adapters/timers.ts";
import type { Config } from "./config.ts";
import { DAY_MS } from "./domain/endpoint.ts";
import { type Clock, idsFrom } from "./domain/id.ts";
import { ADMISSION } from "./engine/admission.ts";
import { createEngine } from "./engine/create.ts";
import type { AttemptReport } from "./engine/dispatcher.ts";
import type { Engine } from "./engine/engine.ts";
import { JOBS } from "./engine/jobs.ts";
import { DEFAULT_LIMITS } from "./engine/limits.ts";
import type { Neighbours } from "./engine/neighbours.ts";
import { seldom } from "./engine/seldom.ts";
import type { Sender } from "./engine/sender.ts";
import type { Vault } from "./engine/vault.ts";
import { createHttp } from "./http/app.ts";
import { createProbes } from "./http/probes.ts";
import { createServices } from "./service/services.ts";
import type { StoreDriver } from "./store/driver.ts";

const SWEEP_MS = 30_000;
/** Where others queue what this process is to send, and a hint may be lost. */
const SHARED_SWEEP_MS = 1_000;
/** An attempt takes 10 s at most, and the process is to end within 15. */
const DRAIN_MS = 12_000;
const IDLE_SWEEP_MS = 50;

export interface Hub {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new work, lets what is in flight end, and closes everything. */
  close(): Promise<void>;
}

/** What the hub is made of, all of it ready. */
export interface HubParts {
  readonly driver: StoreDriver;
  readonly sender: Sender;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keyed. */
  readonly adminKeyHash: string;
}

/** The composition root of the main thread: engine, services and HTTP over the parts. Rejects where the address cannot be had. */
export async function startHub(config: Config, parts: HubParts): Promise<Hub> {
  const { driver, sender, vault, clock, log, adminKeyHash } = parts;
  const metrics = createMetrics();
  const policy = addressPolicy(config);
  const neighbours =
    config.database.kind === "sqlite"
      ? null
      : neighboursIn(NEIGHBOURS_FOLDER, (reason) =>
          log.warn({ reason }, "processes on this machine find deliveries in the database alone"),
        );
  const engine = engineOf(config, { driver, clock, sender, vault, metrics, log, neighbours });
  metrics.watch(queueState(driver, engine, clock));
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
  const probes = { driver, metrics, draining: () => draining };
  const http =
    config.role === "worker"
      ? createProbes({ ...probes, contracts, newId: idsFrom(clock, cryptoRandom()) })
      : createHttp({
          ...probes,
          services,
          vault,
          clock,
          random: cryptoRandom(),
          seededRandom: (seed) => seededRandom(vault, seed),
          parseJson,
          contracts,
          trustProxy: config.trustProxy,
          hosts: config.hosts,
          adminKeyHash,
          log,
        });
  await engine.start();
  const url = await http.listen({ host: config.host, port: config.port });
  const close = async () => {
    draining = true;
    await closeInOrder(http, engine, () => sender.close(), driver);
  };
  return { url, close };
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

function engineOf(
  config: Config,
  effects: Omit<HubParts, "adminKeyHash"> & {
    readonly metrics: Metrics;
    readonly neighbours: Neighbours | null;
  },
): Engine {
  const { driver, clock, sender, vault, metrics, log, neighbours } = effects;
  return createEngine({
    driver,
    sender,
    vault,
    contracts: CONTRACTS,
    clock,
    timers: systemTimers,
    neighbours,
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

/** Counting millions takes a second, and a store that is silent says nothing: whoever asks for metrics has the rest by then. */
const COUNT_MS = 2_000;

function queueState(driver: StoreDriver, engine: Engine, clock: Clock) {
  const queueStats = seldom(() => driver.queueStats(), clock, 0);
  return async (): Promise<QueueState> => {
    const counted = queueStats().catch(() => null);
    const stats = await Promise.race([counted, setTimeout(COUNT_MS, null, { ref: false })]);
    const { inFlight } = engine.stats();
    if (stats === null) return { inFlight, stored: null };
    const waitedMs = stats.oldestDueAt === null ? 0 : clock.now() - stats.oldestDueAt;
    return { inFlight, stored: { pending: stats.pending, oldestDueMs: Math.max(0, waitedMs) } };
  };
}
