import type { Endpoint, EndpointRecord } from "../../domain/endpoint.ts";
import type { Audit, List, ListInput } from "./base.ts";

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

export interface Endpoints {
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
