import type { CanonicalEventType } from "@ticketrail/contracts";
import type { EventRecord, Payload } from "../../domain/event.ts";
import type { List, ListInput } from "./base.ts";

export interface NewDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly contract: string;
  /** The contract's own name of the event. */
  readonly eventType: string;
  /** The sender has a free place: lease it at once rather than queue it. */
  readonly handOff: boolean;
  /**
   * First attempts may wait in its lane: it is handed off only where none of them is of its subject, else queued. Where it
   * is not to be handed off, its placement says so.
   */
  readonly ifFirst?: boolean;
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
  /**
   * `leased`: it is the caller's to send. `queued`: a claim will find it. `first`: likewise, and nothing of its subject
   * waits there. `rate_limited`: not before the next hour.
   */
  readonly placed: "leased" | "queued" | "first" | "rate_limited";
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

export interface Events {
  acceptEvent(input: NewEvent): Promise<AcceptResult>;
  getEvent(id: string): Promise<EventRecord | null>;
  listEvents(filter: EventFilter): Promise<List<EventRecord>>;
}
