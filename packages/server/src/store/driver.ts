import type { CanonicalEventType, Order, OrderStatus } from "@ticketrail/contracts";
import type { Attempt, Delivery, DeliveryStatus } from "../domain/delivery.ts";
import type { Endpoint, EndpointRecord } from "../domain/endpoint.ts";
import type { EventRecord, Payload } from "../domain/event.ts";
import type { KeyRecord, Plan, Store } from "../domain/store.ts";

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

export class StorageFull extends Error {
  override readonly name = "StorageFull";
}
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
}

/** A cursor that no list has given out. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";
}

/** Opaque cursors; newest first, by time and then by the order they were made in, unless told otherwise. `since` and `until` in a filter are both inclusive. */
export interface ListInput {
  readonly limit: number;
  readonly cursor: string | null;
}
export interface List<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** Who did it, for the audit trail; written in the same transaction as what was done. */
export interface Audit {
  readonly id: string;
  readonly at: number;
  /** `operator`, a key's id, or `system`. */
  readonly actor: string;
  /** `endpoint.create`, `order.transition`, … */
  readonly action: string;
  readonly storeId: string | null;
  readonly targetId: string;
}

/* ── Tenants, stores, keys ──────────────────────────────────────────────────────────────────────────────────── */

export interface KeyFilter extends ListInput {
  readonly storeId?: string;
  readonly contract?: string;
}

interface Tenancy {
  /** The same id again changes nothing and returns what is there. */
  createStore(store: Store, audit: Audit): Promise<Store>;
  getStore(id: string): Promise<Store | null>;
  listStores(input: ListInput): Promise<List<Store>>;
  updateStore(
    id: string,
    changes: { readonly plan?: Plan; readonly name?: string; readonly acceptWithinMinutes?: number },
    audit: Audit,
  ): Promise<Store | null>;
  /** The same id again changes nothing. */
  createKey(key: KeyRecord, audit: Audit): Promise<void>;
  findKey(hash: string): Promise<KeyRecord | null>;
  findKeyByClient(clientId: string): Promise<KeyRecord | null>;
  getKey(id: string): Promise<KeyRecord | null>;
  /** Newest first, which is the order of their ids. */
  listKeys(filter: KeyFilter): Promise<List<KeyRecord>>;
  deleteKey(id: string, audit: Audit): Promise<boolean>;
  listAudit(input: ListInput & { readonly storeId?: string }): Promise<List<Audit>>;
}

/* ── Endpoints ──────────────────────────────────────────────────────────────────────────────────────────────── */

export interface EndpointFilter extends ListInput {
  readonly storeId?: string;
  readonly contract?: string;
  readonly url?: string;
  /** 1 is the first page; then `total` is counted and `cursor` ignored. */
  readonly page?: number;
}

/** The endpoints of a store that may receive anything, and the version of that set. */
export interface StoreEndpoints {
  /** One more at every change of any endpoint of the store. */
  readonly version: number;
  /** Neither deleted nor test-only (`canonical` empty); paused and disabled ones are here, because they keep their queue. */
  readonly endpoints: readonly Endpoint[];
}

export type EndpointChanges = Partial<
  Pick<
    Endpoint,
    "url" | "events" | "canonical" | "secrets" | "headers" | "encoding" | "state" | "disabledReason"
  >
>;

export interface EndpointWithRecord {
  readonly endpoint: Endpoint;
  readonly record: EndpointRecord;
}

/** Attempts of an endpoint in a span of time; test sends do not count. */
export interface EndpointHealth {
  readonly succeeded: number;
  readonly failed: number;
  readonly averageMs: number | null;
  /** From a histogram: within 20 % of the truth. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly record: EndpointRecord;
  readonly pending: number;
  readonly deadLetters: number;
}

interface Endpoints {
  /** The same id again changes nothing and returns what is there. `uniqueUrl`: `taken` where another live endpoint of the same store and contract has the URL. */
  createEndpoint(endpoint: Endpoint, uniqueUrl: boolean, audit: Audit): Promise<Endpoint | "taken">;
  /** Deleted ones are not found. */
  getEndpoint(id: string): Promise<EndpointWithRecord | null>;
  listEndpoints(
    filter: EndpointFilter,
  ): Promise<List<EndpointWithRecord> & { readonly total: number | null }>;
  storeEndpoints(storeId: string): Promise<StoreEndpoints>;
  /**
   * `conflict` where the version is no longer the one read. One that is made active again starts with no failures on
   * its record, or its first failure would deactivate it at once.
   */
  updateEndpoint(
    id: string,
    version: number,
    changes: EndpointChanges,
    uniqueUrl: boolean,
    audit: Audit,
  ): Promise<Endpoint | "conflict" | "taken" | null>;
  /** Marks it deleted at once; `cancelDeliveries` then settles its queue in steps. */
  deleteEndpoint(id: string, audit: Audit): Promise<boolean>;
  /** Cancels up to `limit` unsettled deliveries of deleted endpoints; 0 when none is left. */
  cancelDeliveries(input: { readonly now: number; readonly limit: number }): Promise<number>;
  endpointHealth(id: string, since: number): Promise<EndpointHealth | null>;
  /** Active endpoints that have been failing since `before` or earlier, for the deactivation rule. */
  listFailingEndpoints(before: number): Promise<readonly EndpointWithRecord[]>;
}

/* ── Orders ─────────────────────────────────────────────────────────────────────────────────────────────────── */

export interface OrderFilter extends ListInput {
  readonly storeId?: string;
  /** Empty: all. */
  readonly statuses: readonly OrderStatus[];
  readonly since?: number;
}

export interface SaveOrderInput {
  readonly order: Order;
  /** Null creates; else the version that was read. */
  readonly expectedVersion: number | null;
  /** What the change causes, in order. */
  readonly events: readonly NewEvent[];
  readonly audit: Audit;
}

export type SaveOrderResult =
  | { readonly kind: "saved"; readonly placements: readonly Placement[] }
  /** The id, or the source, is there already. */
  | { readonly kind: "exists"; readonly order: Order }
  | { readonly kind: "conflict"; readonly order: Order }
  | { readonly kind: "stale_endpoints" };

interface Orders {
  saveOrder(input: SaveOrderInput): Promise<SaveOrderResult>;
  getOrder(id: string): Promise<Order | null>;
  findOrderBySource(
    storeId: string,
    source: { readonly contract?: string; readonly deliveryId: string | null; readonly externalId: string },
  ): Promise<Order | null>;
  listOrders(filter: OrderFilter): Promise<List<Order>>;
  /** Pending orders whose `acceptBy` has passed, oldest first. */
  listOverdueOrders(now: number, limit: number): Promise<readonly Order[]>;
}

/* ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────── */

export interface NewDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly contract: string;
  /** The contract's own name of the event. */
  readonly eventType: string;
  /** The sender has a free place: lease it at once rather than queue it. */
  readonly handOff: boolean;
  readonly test: boolean;
}

/** An event with all it causes. Every delivery's contract has a payload. */
export interface NewEvent {
  readonly event: EventRecord;
  readonly payloads: readonly Payload[];
  readonly deliveries: readonly NewDelivery[];
  /** The version of the store's endpoints that the deliveries were made from; null where that does not matter. */
  readonly endpointsVersion: number | null;
  readonly lease: LeaseGrant;
  readonly quota: QuotaWindow;
  /**
   * Another process may have queued first attempts in a lane: what is to be handed off is then queued behind them. A
   * store that only one process can have need not look.
   */
  readonly shared?: boolean;
}

export interface LeaseGrant {
  /** Fencing token: unique for every claim. Where processes share the store, it begins with the process's id and a slash. */
  readonly token: string;
  readonly until: number;
}

/** First attempts are counted per store and UTC clock hour. */
export interface QuotaWindow {
  /** Hours since the epoch. */
  readonly hour: number;
  /** Null: unlimited. */
  readonly limit: number | null;
}

/** Where a committed delivery went. */
export interface Placement {
  readonly deliveryId: string;
  /** `leased`: it is the caller's to send. `queued`: a claim will find it. `rate_limited`: not before the next hour. */
  readonly placed: "leased" | "queued" | "rate_limited";
}

export type AcceptResult =
  | { readonly kind: "accepted"; readonly placements: readonly Placement[] }
  /** The event's id is there already; nothing was written. */
  | { readonly kind: "exists" }
  /** The store's endpoints have changed meanwhile; nothing was written. Match again. */
  | { readonly kind: "stale_endpoints" };

export interface EventFilter extends ListInput {
  readonly storeId?: string;
  readonly type?: CanonicalEventType;
  readonly since?: number;
  readonly until?: number;
}

interface Events {
  acceptEvent(input: NewEvent): Promise<AcceptResult>;
  getEvent(id: string): Promise<EventRecord | null>;
  listEvents(filter: EventFilter): Promise<List<EventRecord>>;
}

/* ── Deliveries ─────────────────────────────────────────────────────────────────────────────────────────────── */

/** An endpoint with something to send, as the dispatcher sees it. */
export interface DueLane {
  readonly endpointId: string;
  readonly storeId: string;
  readonly tenantId: string;
  /** Of its earliest delivery that is not leased. */
  readonly nextDueAt: number;
}

export interface ClaimLane {
  readonly endpointId: string;
  readonly max: number;
}

export interface ClaimInput {
  readonly now: number;
  /** Lanes that another one holds give nothing, and their `next` is null; null does not check. */
  readonly holder: string | null;
  readonly lease: LeaseGrant;
  readonly storeId: string;
  /** Lanes of one store, so that its quota is granted first in, first out across them. */
  readonly lanes: readonly ClaimLane[];
  readonly quota: QuotaWindow;
}

/** A delivery with the bytes to send. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: string;
  readonly tenantId: string;
  readonly storeId: string;
  readonly subjectId: string;
  readonly body: string;
  /** When its event was accepted. */
  readonly createdAt: number;
  readonly test: boolean;
  /** Attempts made so far, over its whole life. */
  readonly attemptCount: number;
  /** Failed attempts since it was made or replayed. */
  readonly failures: number;
}

export interface ClaimResult {
  readonly deliveries: readonly ClaimedDelivery[];
  /** The store's quota is used up: what is left waits for the next hour. Retries are not held back. */
  readonly rateLimited: boolean;
  /** For each lane asked about: when its next unleased delivery is due; null when it has none. */
  readonly next: Readonly<Record<string, number | null>>;
  /** The store's current one, so that who knows an older set of its endpoints notices; 0 where there is no such store. */
  readonly endpointsVersion: number;
}

/** What the engine decided after an attempt; `decide` in the engine makes it. */
export type Settlement =
  | { readonly status: "delivered" }
  | { readonly status: "retrying"; readonly nextAttemptAt: number }
  | { readonly status: "dead_letter"; readonly refused: boolean };

export interface AttemptRecord {
  readonly deliveryId: string;
  readonly endpointId: string;
  /** Fencing: it is written only while the delivery is still leased under this token. */
  readonly token: string;
  readonly attempt: Attempt;
  readonly settlement: Settlement;
  readonly test: boolean;
}

export interface DeliveryFilter extends ListInput {
  readonly storeId?: string;
  readonly endpointId?: string;
  readonly eventId?: string;
  readonly eventType?: string;
  readonly status?: DeliveryStatus;
  readonly since?: number;
  readonly until?: number;
  /** Only deliveries with an attempt. */
  readonly tried?: boolean;
}

/** A delivery with what its `cause` is derived from. */
export interface DeliveryDetail extends Delivery {
  readonly leased: boolean;
  /** The last failure ended it at once, by the contract's response codes. */
  readonly refused: boolean;
  readonly endpointState: Endpoint["state"];
  readonly endpointFailures: number;
  /** First attempts its store has made in the hour given by the caller's `now`, and may make. */
  readonly storePlan: Plan;
  readonly storeUsed: number;
}

export interface AttemptRow {
  readonly delivery: DeliveryDetail;
  readonly attempt: Attempt;
}

interface Deliveries {
  /**
   * Endpoints (not paused, disabled or deleted) with unleased deliveries due by `now`, or, with `ahead`, at any time.
   * With a holder, lanes that another one holds are left out.
   */
  dueLanes(input: {
    readonly now: number;
    readonly ahead: boolean;
    readonly holder: string | null;
  }): Promise<readonly DueLane[]>;
  /**
   * Leases what is due, per lane in order of due time, then of acceptance; never more than a lane's `max`. Nothing of
   * an endpoint that is not active, or not of that store.
   */
  claimDue(input: ClaimInput): Promise<ClaimResult>;
  /** In order; says for each whether it was applied. A refused one changed nothing. */
  recordAttempts(records: readonly AttemptRecord[]): Promise<readonly boolean[]>;
  /** Gives leased deliveries back unsent; they are due at `dueAt`. */
  releaseDeliveries(input: {
    readonly token: string;
    readonly deliveryIds: readonly string[];
    readonly dueAt: number;
  }): Promise<number>;
  /** Keeps what is leased under the token leased until `until`; says how many still were. */
  extendLease(input: LeaseGrant): Promise<number>;
  /** Frees leases that ran out before `now`; `everything`: all of them, where no other process can hold one. */
  recoverLeases(input: { readonly now: number; readonly everything: boolean }): Promise<number>;
  getDelivery(id: string, now: number): Promise<DeliveryDetail | null>;
  listDeliveries(filter: DeliveryFilter, now: number): Promise<List<DeliveryDetail>>;
  /** One row an attempt, newest delivery first, its last attempt first. `page` from 1. */
  listAttempts(
    input: { readonly endpointId: string; readonly page: number; readonly limit: number },
    now: number,
  ): Promise<{ readonly rows: readonly AttemptRow[]; readonly total: number }>;
  /** By status; test sends are not counted. */
  countDeliveries(filter: Omit<DeliveryFilter, "limit" | "cursor">): Promise<Record<DeliveryStatus, number>>;
}

/* ── Processes that share a store ───────────────────────────────────────────────────────────────────────────── */

export interface Beat {
  /** The ids of all that are alive after `now`, sorted. */
  readonly live: readonly string[];
  /** It was not there: it has just started, or others have taken it for dead, and what it held may be theirs. */
  readonly isNew: boolean;
}

interface Lanes {
  /** Notes that a process is alive until then, and forgets those that have run out by `now`. */
  beat(input: { readonly process: string; readonly until: number; readonly now: number }): Promise<Beat>;
  /** The process has ended; what it holds runs out by itself, or is released besides. */
  leave(process: string): Promise<void>;
  /**
   * A lane (an endpoint) is held by one at a time, so that its order, its cap and its ramp hold across processes.
   * Takes those that are free, run out by `now` or the holder's already, until `until`; answers which it then holds,
   * in the order asked for.
   */
  holdLanes(input: {
    readonly holder: string;
    readonly until: number;
    readonly now: number;
    readonly endpointIds: readonly string[];
  }): Promise<readonly string[]>;
  /** Those of them that the holder has. */
  releaseLanes(input: { readonly holder: string; readonly endpointIds: readonly string[] }): Promise<void>;
}

/** A process that counts as alive, and whose connection to the database has ended. */
export interface Lost {
  readonly process: string;
  /** The server itself was started anew since: everybody's connection has ended. */
  readonly withServer: boolean;
}

/**
 * A process that beats is connected for as long as it lives. One that is not is dead, or is about to connect again; one
 * of which that cannot be told is never lost.
 */
export interface Presence {
  lost(now: number): Promise<readonly Lost[]>;
  /** Ends what a lost process holds: its place, its lanes and its leases. False where it is not lost, or is gone already. */
  bury(process: string): Promise<boolean>;
  /** This process's own connection has ended: until it beats again, others may take it for dead. */
  listen(listener: () => void): void;
}

/** `due`: something may be due in some lane. `endpoints`: a store's endpoints have changed; `*` where too many to name. */
export type Hint = { readonly kind: "due" } | { readonly kind: "endpoints"; readonly storeId: string };

/** Only hints: they may come late, twice or never, and all works without. They come back to who said them, too. */
export interface Hints {
  say(hint: Hint): void;
  listen(listener: (hint: Hint) => void): void;
}

/* ── Replays ────────────────────────────────────────────────────────────────────────────────────────────────── */

export interface ReplayJob {
  readonly id: string;
  readonly storeId: string;
  readonly endpointId: string;
  readonly since: number;
  readonly until: number;
  /** Only deliveries that were in this status when the replay passed them. */
  readonly status: DeliveryStatus;
  readonly state: "running" | "paused" | "done" | "cancelled";
  /** Matching deliveries when the job was made. */
  readonly total: number;
  readonly replayed: number;
  /** The last delivery it has passed; null at the start. */
  readonly position: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ReplayFilter extends ListInput {
  readonly storeId?: string;
  readonly endpointId?: string;
  readonly state?: ReplayJob["state"];
}

export type ReplayResult = "replayed" | "not_found" | "unsettled" | "endpoint_deleted";

interface Replays {
  /** Opens a settled delivery again: pending, due now, its retry table from the start, its attempts kept. */
  replayDelivery(id: string, now: number, audit: Audit): Promise<ReplayResult>;
  /** The same id again changes nothing and returns what is there. `total` is counted in the same transaction. */
  createReplay(job: Omit<ReplayJob, "total">, audit: Audit): Promise<ReplayJob>;
  getReplay(id: string): Promise<ReplayJob | null>;
  /** Running and ended ones. */
  listReplays(filter: ReplayFilter): Promise<List<ReplayJob>>;
  listRunningReplays(): Promise<readonly ReplayJob[]>;
  /**
   * Passes at most `limit` deliveries, oldest first, reopens those that match and moves the position, in one
   * transaction. Nothing unless running; cancelled where the endpoint has been deleted.
   */
  stepReplay(id: string, limit: number, now: number): Promise<ReplayJob | null>;
  /** `running` ↔ `paused`, either → `cancelled`; null where there is none, the unchanged job where it has ended. */
  setReplayState(
    id: string,
    state: "running" | "paused" | "cancelled",
    now: number,
    audit: Audit,
  ): Promise<ReplayJob | null>;
}

/* ── Idempotency, retention ─────────────────────────────────────────────────────────────────────────────────── */

export type IdempotencyClaim =
  /** `since`: when it was claimed first. A claim that is free again keeps that time, so that ids made from it stay the same. */
  | { readonly kind: "fresh"; readonly since: number }
  /** `answer` as it was sealed. */
  | { readonly kind: "answered"; readonly answer: string }
  | { readonly kind: "mismatch" }
  | { readonly kind: "in_flight" };

interface Idempotency {
  /** `scope` is key and path. A claim that was never answered (its process died) is free again after `leaseUntil`. */
  claimIdempotencyKey(input: {
    readonly scope: string;
    readonly key: string;
    readonly digest: string;
    readonly now: number;
    readonly leaseUntil: number;
  }): Promise<IdempotencyClaim>;
  answerIdempotencyKey(input: {
    readonly scope: string;
    readonly key: string;
    readonly answer: string;
    readonly expiresAt: number;
  }): Promise<void>;
  /** The request failed on our side: let the caller try again, with the time of the first claim. */
  dropIdempotencyKey(scope: string, key: string): Promise<void>;
}

export interface PruneInput {
  readonly now: number;
  /** Settled deliveries (dead letters apart), and events with none left, older than this go. */
  readonly settledBefore: number;
  readonly deadLettersBefore: number;
  readonly limit: number;
}
export interface PruneResult {
  readonly deliveries: number;
  readonly events: number;
  readonly idempotencyKeys: number;
}
