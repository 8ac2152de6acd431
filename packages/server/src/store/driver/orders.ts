import type { Order, OrderStatus } from "@ticketrail/contracts";
import type { Audit, List, ListInput } from "./base.ts";
import type { NewEvent, Placement } from "./events.ts";

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

export interface Orders {
  saveOrder(input: SaveOrderInput): Promise<SaveOrderResult>;
  getOrder(id: string): Promise<Order | null>;
  /**
   * Where no contract is named and several gave the same source: the oldest that waits for a decision, else the newest.
   */
  findOrderBySource(
    storeId: string,
    source: { readonly contract?: string; readonly deliveryId: string | null; readonly externalId: string },
  ): Promise<Order | null>;
  listOrders(filter: OrderFilter): Promise<List<Order>>;
  /** Takes what is personal out of settled orders that were made before then, oldest first; says out of how many. */
  forgetCustomers(input: { readonly before: number; readonly limit: number }): Promise<number>;
  /** Pending orders whose `acceptBy` has passed, oldest first. */
  listOverdueOrders(now: number, limit: number): Promise<readonly Order[]>;
}
