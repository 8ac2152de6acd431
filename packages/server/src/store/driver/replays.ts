import type { DeliveryStatus } from "../../domain/delivery.ts";
import type { Audit, List, ListInput } from "./base.ts";

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

export type ReplayResult = "replayed" | "not_found" | "under_way" | "endpoint_deleted";

export interface Replays {
  /**
   * Opens a settled delivery again: pending, due now, its retry table from the start, its attempts kept. One that waits
   * for a retry likewise; what was never tried, or is leased, is under way.
   */
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
