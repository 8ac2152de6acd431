import type { Attempt, Delivery, DeliveryStatus } from "../../domain/delivery.ts";
import type { Endpoint } from "../../domain/endpoint.ts";
import type { Plan } from "../../domain/store.ts";
import type { List, ListInput } from "./base.ts";
import type { LeaseGrant, QuotaWindow } from "./events.ts";

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
  /** Deliveries that are not to be had, since the holder sends them without a lease. None where there is a quota. */
  readonly except: readonly string[];
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
  /**
   * For each lane asked about: when its next unleased delivery is due; null when it has none. First attempts that are
   * accepted while the claim runs may be left out.
   */
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
  /** Fencing: it is written only while the delivery is still leased under this token; null: neither leased nor tried. */
  readonly token: string | null;
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

export interface DueLanesInput {
  readonly now: number;
  readonly ahead: boolean;
  readonly holder: string | null;
  /** Of these endpoints alone, which costs by them and not by all that have something; null: of all. */
  readonly among: readonly string[] | null;
}

export interface Deliveries {
  /**
   * Endpoints (not paused, disabled or deleted) with unleased deliveries due by `now`, or, with `ahead`, at any time.
   * With a holder, lanes that another one holds are left out.
   */
  dueLanes(input: DueLanesInput): Promise<readonly DueLane[]>;
  /**
   * Leases what is due, per lane in order of due time, then of acceptance; never more than a lane's `max`. Nothing of
   * an endpoint that is not active, or not of that store.
   */
  claimDue(input: ClaimInput): Promise<ClaimResult>;
  /** In order; says for each whether it was applied. A refused one changed nothing. */
  recordAttempts(records: readonly AttemptRecord[]): Promise<readonly boolean[]>;
  /**
   * Gives leased deliveries back unsent; with null, those that were to be sent without a lease. They are due when they were,
   * so that they keep their places among the others.
   */
  releaseDeliveries(input: {
    readonly token: string | null;
    readonly deliveryIds: readonly string[];
  }): Promise<number>;
  /** Keeps what is leased under the token leased until `until`; says how many still were. */
  extendLease(input: LeaseGrant): Promise<number>;
  /**
   * Frees leases that ran out before `now`; `everything`: all of them, and the idempotency keys that a predecessor had
   * claimed and not answered, where no other process can be at work. Says how many deliveries came free.
   */
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
