import type { Deliveries } from "./driver/deliveries.ts";
import type { Endpoints } from "./driver/endpoints.ts";
import type { Events } from "./driver/events.ts";
import type { Orders } from "./driver/orders.ts";
import type { Hints, Lanes, Presence } from "./driver/processes.ts";
import type { Replays } from "./driver/replays.ts";
import type { Tenancy } from "./driver/tenancy.ts";
import type { Idempotency, PruneInput, PruneResult } from "./driver/upkeep.ts";

export * from "./driver/base.ts";
export * from "./driver/deliveries.ts";
export * from "./driver/endpoints.ts";
export * from "./driver/events.ts";
export * from "./driver/orders.ts";
export * from "./driver/processes.ts";
export * from "./driver/replays.ts";
export * from "./driver/tenancy.ts";
export * from "./driver/upkeep.ts";

/**
 * What the hub asks of a database. Every verb is one whole transaction, durable when its promise resolves;
 * none leaks a transaction, and none reads a clock or rolls dice: times and ids are handed in.
 * `conformance.ts` is this interface's specification and runs against every driver.
 *
 * All times are epoch milliseconds. A verb that cannot write because the disk is full rejects with
 * `StorageFull`; because the database is out of reach, with `StorageUnavailable`. Neither has then changed anything
 * that was acknowledged.
 */
export interface StoreDriver
  extends Tenancy,
    Endpoints,
    Orders,
    Events,
    Deliveries,
    Lanes,
    Replays,
    Idempotency {
  /** What processes may tell each other sooner than they would find out; null where there is only one. */
  readonly hints: Hints | null;
  /** By what processes know of each other's end before their time is up; null where there is only one. */
  readonly presence: Presence | null;
  /** Deletes what has outlived its keep, at most `limit` rows of a kind; says how many went. */
  prune(input: PruneInput): Promise<PruneResult>;
  /** For the metrics page; may be a few seconds old. */
  queueStats(): Promise<{ readonly pending: number; readonly oldestDueAt: number | null }>;
  /** Rejects when the database cannot be written to. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
