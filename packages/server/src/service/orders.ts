import type { CanonicalEvent, Order, OrderStatus } from "@ticketrail/contracts";
import { notFound, Refusal } from "../domain/error.ts";
import { isoTime } from "../domain/id.ts";
import {
  createOrder,
  editOrder,
  moveOrder,
  type OrderChange,
  type OrderEdit,
  type OrderInput,
} from "../domain/order.ts";
import type { List, OrderFilter } from "../store/driver.ts";
import { auditOf, type Call, sees } from "./call.ts";
import { CONFLICT_TRIES, type ServiceContext } from "./context.ts";
import type { Stores } from "./stores.ts";

/** The body of `POST /v1/orders/:id/transitions`. */
export interface Move {
  readonly to: OrderStatus;
  readonly reason: string | null;
  readonly posRef: string | null;
}

/** By our id, or by the source's own. */
export type OrderRef = { readonly id: string } | { readonly deliveryId: string; readonly externalId: string };

/**
 * contracts: "An order without a delivery platform goes out with `delivery_id` 0 and our order id, and accept and deny
 * take them back". So does one whose platform is no number: our id is enough, whatever the source.
 */
const NO_PLATFORM = "0";

export class Orders {
  readonly #context: ServiceContext;
  readonly #stores: Stores;

  constructor(context: ServiceContext, stores: Stores) {
    this.#context = context;
    this.#stores = stores;
  }

  /** The same source again comes back as the order that is there, with `created` false. */
  async create(
    call: Call,
    storeId: string,
    input: OrderInput,
  ): Promise<{ readonly order: Order; readonly created: boolean }> {
    const { engine, clock } = this.#context;
    const store = await this.#stores.get(call, storeId);
    const id = call.newId("ord_");
    const now = clock.now();
    const { order, events } = createOrder(input, store, id, call.newId, now);
    const result = await engine.saveOrder({
      order,
      expectedVersion: null,
      events: this.#eventsOf(call, { order, events }, now),
      store,
      audit: auditOf(call, now, "order.create", store.id, id),
    });
    if (result.kind === "saved") return { order, created: true };
    // Under an Idempotency-Key the order may be this request's own, saved before the process died.
    return { order: result.order, created: result.order.id === id };
  }

  async get(call: Call, id: string): Promise<Order> {
    const order = await this.#context.driver.getOrder(id);
    if (!order || !sees(call, order.storeId)) throw notFound("order");
    return order;
  }

  list(call: Call, filter: OrderFilter): Promise<List<Order>> {
    if (filter.storeId !== undefined && !sees(call, filter.storeId)) throw notFound("store");
    return this.#context.driver.listOrders({
      ...filter,
      ...(call.storeId === null ? {} : { storeId: call.storeId }),
    });
  }

  async transition(call: Call, id: string, move: Move): Promise<Order> {
    const order = await this.get(call, id);
    return this.#change(call, order, "order.transition", (current, now) => moveOrder(current, move, now));
  }

  async edit(call: Call, id: string, edit: OrderEdit): Promise<Order> {
    const order = await this.get(call, id);
    return this.#change(call, order, "order.edit", (current, now) =>
      editOrder(current, edit, call.newId, now),
    );
  }

  /**
   * A decision through a contract's own call. In a `settled` state it has happened already: the order comes back
   * unchanged, save that a `posRef` that nobody has set yet is taken.
   */
  async act(
    call: Call,
    storeId: string,
    ref: OrderRef,
    { settled, ...move }: Move & { readonly settled: readonly OrderStatus[] },
  ): Promise<Order> {
    const order = await this.find(call, storeId, ref);
    return this.#change(call, order, "order.transition", (current, now) => {
      if (!settled.includes(current.status)) return moveOrder(current, move, now);
      return moveOrder(current, { to: current.status, reason: null, posRef: move.posRef }, now);
    });
  }

  async find(call: Call, storeId: string, ref: OrderRef): Promise<Order> {
    if ("id" in ref) return this.get(call, ref.id);
    const { driver } = this.#context;
    if (ref.deliveryId === NO_PLATFORM) {
      const order = await driver.getOrder(ref.externalId);
      if (order?.storeId === storeId) return order;
    }
    const order = await driver.findOrderBySource(storeId, ref);
    if (!order) throw notFound("order");
    return order;
  }

  async #change(
    call: Call,
    found: Order,
    action: string,
    changeOf: (order: Order, now: number) => OrderChange | null,
  ): Promise<Order> {
    const { engine, clock } = this.#context;
    const store = await this.#stores.get(call, found.storeId);
    let current = found;
    for (let tries = 0; tries < CONFLICT_TRIES; tries++) {
      const now = clock.now();
      const change = changeOf(current, now);
      if (change === null) return current;
      const result = await engine.saveOrder({
        order: change.order,
        expectedVersion: current.version,
        events: this.#eventsOf(call, change, now),
        store,
        audit: auditOf(call, now, action, store.id, current.id),
      });
      if (result.kind === "saved") return change.order;
      current = result.order;
    }
    throw new Refusal("conflict", "The order is being changed by somebody else. Read it and try again.");
  }

  #eventsOf(call: Call, { order, events }: OrderChange, now: number): CanonicalEvent[] {
    return events.map(({ type, data }) => ({
      id: call.newId("evt_"),
      type,
      tenantId: order.tenantId,
      storeId: order.storeId,
      createdAt: isoTime(now),
      data,
    }));
  }
}
