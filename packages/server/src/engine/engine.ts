import type { CanonicalEvent, Order, TestResult } from "@ticketrail/contracts";
import type { Store } from "../domain/store.ts";
import type { Audit } from "../store/driver.ts";

/** What the use cases ask of the engine. It matches, encodes, stores, sends, retries and settles; they decide what happened. */
export interface Engine {
  /**
   * Accepts an event with all its deliveries, durably. False where the event's id is there already.
   * `subjectId`: what must be delivered in order. Rejects with `overloaded` when the hub is not keeping up.
   */
  publish(event: CanonicalEvent, store: Store, subjectId: string): Promise<boolean>;
  /** Saves an order and publishes what the change causes, in one transaction. */
  saveOrder(input: {
    readonly order: Order;
    readonly expectedVersion: number | null;
    readonly events: readonly CanonicalEvent[];
    readonly store: Store;
    readonly audit: Audit;
  }): Promise<
    | { readonly kind: "saved" }
    | { readonly kind: "exists"; readonly order: Order }
    | { readonly kind: "conflict"; readonly order: Order }
  >;
  /** Sends a sample at once, one attempt, listed but counting for nothing. `eventType` in the contract's own names. */
  test(endpointId: string, eventType: string | null, store: Store): Promise<TestResult>;
  /** To be called after any change of a store or an endpoint, or after deliveries of it were opened again. */
  wake(storeId: string, endpointId: string | null): void;
  /** Starts sending, retrying, expiring and pruning. */
  start(): Promise<void>;
  /** Takes no new work, lets what is in flight end, gives the rest back. */
  drain(): Promise<void>;
  /** For health checks and metrics. */
  stats(): { readonly inFlight: number; readonly held: number; readonly lanes: number };
}
