import type { CanonicalEvent } from "@ticketrail/contracts";
import { DAY_MS, FAILING_DAYS, failedOnMostDays, isFailingForDays } from "../domain/endpoint.ts";
import { type Clock, isoTime, type NewId } from "../domain/id.ts";
import { moveOrder } from "../domain/order.ts";
import type { Audit, EndpointWithRecord, StoreDriver } from "../store/driver.ts";
import type { Engine } from "./engine.ts";
import type { Stores } from "./stores.ts";
import type { Timers } from "./timers.ts";

export interface JobParts {
  readonly driver: StoreDriver;
  readonly engine: Engine;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly retentionMs: number;
  /** Where several processes share the store, one of them does it. */
  readonly leads: () => boolean;
  readonly onDeactivated: (found: EndpointWithRecord) => void;
  readonly onTrouble: (error: unknown) => void;
}

export interface Job {
  readonly everyMs: number;
  run(parts: JobParts): Promise<void>;
}

const BATCH = 200;

/** What the hub does by itself, and how often. A job that fails is tried again at its next turn. */
export const JOBS: readonly Job[] = [
  { everyMs: 1_000, run: failOverdueOrders },
  { everyMs: 500, run: stepReplays },
  { everyMs: 5_000, run: cancelDeleted },
  { everyMs: 60_000, run: deactivateFailing },
  { everyMs: 60_000, run: prune },
];

export class Jobs {
  readonly #parts: JobParts;
  readonly #cancels = new Map<Job, () => void>();
  #stopped = true;

  readonly #jobs: readonly Job[];

  constructor(parts: JobParts, jobs: readonly Job[]) {
    this.#parts = parts;
    this.#jobs = jobs;
  }

  start(): void {
    this.#stopped = false;
    for (const job of this.#jobs) void this.#turn(job);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  async #turn(job: Job): Promise<void> {
    try {
      if (this.#parts.leads()) await job.run(this.#parts);
    } catch (error) {
      this.#parts.onTrouble(error);
    }
    if (this.#stopped) return;
    this.#cancels.set(
      job,
      this.#parts.timers.after(job.everyMs, () => void this.#turn(job)),
    );
  }
}

export const systemAudit = (
  newId: NewId,
  now: number,
  action: string,
  storeId: string,
  targetId: string,
): Audit => ({ id: newId("aud_"), at: now, actor: "system", action, storeId, targetId });

/** An order that nobody accepted before its deadline fails. */
async function failOverdueOrders({ driver, engine, stores, clock, newId }: JobParts): Promise<void> {
  const now = clock.now();
  for (const order of await driver.listOverdueOrders(now, BATCH)) {
    const store = await stores.get(order.storeId);
    const reason = "Nobody accepted the order in time.";
    const change = moveOrder(order, { to: "failed", reason, posRef: null }, now);
    if (!store || !change) continue;
    const events = change.events.map(
      ({ type, data }): CanonicalEvent => ({
        id: newId("evt_"),
        type,
        tenantId: store.tenantId,
        storeId: store.id,
        createdAt: isoTime(now),
        data,
      }),
    );
    const audit = systemAudit(newId, now, "order.expire", store.id, order.id);
    // A conflict means that somebody decided meanwhile: then it is not overdue any more.
    await engine.saveOrder({
      order: change.order,
      expectedVersion: order.version,
      events,
      store,
      audit,
    });
  }
}

async function stepReplays({ driver, engine, clock }: JobParts): Promise<void> {
  for (const job of await driver.listRunningReplays()) {
    await driver.stepReplay(job.id, BATCH, clock.now());
    engine.wake(job.storeId, job.endpointId);
  }
}

async function cancelDeleted({ driver, clock }: JobParts): Promise<void> {
  while ((await driver.cancelDeliveries({ now: clock.now(), limit: BATCH })) > 0);
}

/** Ordeliya, "Best Practices" 6: seven days of nothing but failure. The queue is kept. */
async function deactivateFailing(parts: JobParts): Promise<void> {
  const { driver, engine, stores, clock, newId, onDeactivated } = parts;
  const now = clock.now();
  for (const found of await driver.listFailingEndpoints(now - FAILING_DAYS * DAY_MS)) {
    const { endpoint, record } = found;
    if (endpoint.state !== "active" || !isFailingForDays(record, now)) continue;
    if (!failedOnMostDays(await failuresSince(driver, endpoint.id, now))) continue;
    const audit = systemAudit(newId, now, "endpoint.deactivate", endpoint.storeId, endpoint.id);
    const changes = { state: "disabled", disabledReason: "failing_for_7_days" } as const;
    const saved = await driver.updateEndpoint(endpoint.id, endpoint.version, changes, false, audit);
    if (saved === null || typeof saved === "string") continue;
    engine.wake(endpoint.storeId, endpoint.id);
    onDeactivated(found);
    const store = await stores.get(endpoint.storeId);
    if (!store) continue;
    const event: CanonicalEvent = {
      id: newId("evt_"),
      type: "endpoint.deactivated",
      tenantId: store.tenantId,
      storeId: store.id,
      createdAt: isoTime(now),
      data: {
        endpointId: endpoint.id,
        url: endpoint.url,
        contract: endpoint.contract,
        failingSince: isoTime(record.failingSince ?? now),
        consecutiveFailures: record.consecutiveFailures,
      },
    };
    await engine.publish(event, store, endpoint.id);
  }
}

/** Failed attempts in the last day, the last two days, and so on. */
function failuresSince(driver: StoreDriver, endpointId: string, now: number): Promise<number[]> {
  const spans = Array.from({ length: FAILING_DAYS }, (_, day) => (day + 1) * DAY_MS);
  return Promise.all(
    spans.map(async (ms) => (await driver.endpointHealth(endpointId, now - ms))?.failed ?? 0),
  );
}

async function prune({ driver, clock, retentionMs }: JobParts): Promise<void> {
  const now = clock.now();
  const before = now - retentionMs;
  for (;;) {
    const gone = await driver.prune({
      now,
      settledBefore: before,
      deadLettersBefore: Math.min(before, now - 30 * DAY_MS),
      limit: 1_000,
    });
    if (gone.deliveries + gone.events + gone.idempotencyKeys < 1_000) break;
  }
  // Personal data expires with the payloads that told of it.
  while ((await driver.forgetCustomers({ before, limit: BATCH })) === BATCH);
}
