import type { NewDelivery, NewEvent, Placement, SaveOrderInput } from "../driver.ts";
import { columnsOver } from "./values.ts";

export interface OrderRow {
  readonly input: SaveOrderInput;
  /** Its own; the next one is its audit row's. */
  readonly num: number;
  readonly tenant: number;
  readonly store: number;
}

export interface EventRow {
  readonly input: NewEvent;
  /** Position of its order from 1; 0: none. */
  readonly order: number;
  readonly num: number;
  readonly tenant: number;
  readonly store: number;
  readonly bodies: Buffer;
}

export interface DeliveryRow {
  readonly delivery: NewDelivery;
  /** Of its event, from 1. */
  readonly position: number;
  readonly num: number;
  readonly event: number;
  readonly tenant: number;
  readonly store: number;
  readonly createdAt: number;
  readonly endpoint: number;
  readonly from: number;
  readonly length: number;
  readonly lease: string | null;
  readonly hour: number;
  /** Null where it needs no quota now. */
  readonly limit: number | null;
  /** It goes behind what waits of its subject, or, where it is queued, is to be told whether any does. */
  readonly ifFirst: boolean;
}

/** Deliveries that were to be handed over and are not, by number. */
export interface HeldBack {
  /** By the quota. */
  readonly denied: ReadonlySet<number>;
  /** By what waits in their lane. */
  readonly behind: ReadonlySet<number>;
}

export function placementOf(
  { delivery, num, lease, ifFirst }: DeliveryRow,
  { denied, behind }: HeldBack,
): Placement {
  if (lease === null && ifFirst && !behind.has(num)) return { deliveryId: delivery.id, placed: "first" };
  const queued = lease === null || behind.has(num);
  return { deliveryId: delivery.id, placed: queued ? "queued" : denied.has(num) ? "rate_limited" : "leased" };
}

const GATE = { needsQuota: 0, free: 1 } as const;

const at = (time: string | null): number | null => (time === null ? null : Date.parse(time));

/** In the order of `intake_4`'s parameters. */
const order = columnsOver<OrderRow>();
export const ORDER_COLUMNS = [
  order("int8", ({ num }) => num),
  order("int8", ({ tenant }) => tenant),
  order("int8", ({ store }) => store),
  order("int8", ({ input }) => at(input.order.createdAt)),
  order("text", ({ input }) => input.order.id),
  order("text", ({ input }) => input.order.status),
  order("int4", ({ input }) => input.order.version),
  order("int4", ({ input }) => input.expectedVersion ?? 0),
  order("text", ({ input }) => input.order.source.contract),
  order("text", ({ input }) => input.order.source.deliveryId),
  order("text", ({ input }) => input.order.source.externalId),
  order("int8", ({ input }) => at(input.order.acceptBy)),
  order("text", ({ input }) => JSON.stringify(input.order)),
  order("int8", ({ num }) => num + 1),
  order("int8", ({ input }) => input.audit.at),
  order("text", ({ input }) => input.audit.id),
  order("text", ({ input }) => input.audit.actor),
  order("text", ({ input }) => input.audit.action),
  order("text", ({ input }) => input.audit.storeId),
  order("text", ({ input }) => input.audit.targetId),
];

const event = columnsOver<EventRow>();
export const EVENT_COLUMNS = [
  event("int4", (row) => row.order),
  event("int8", ({ num }) => num),
  event("int8", ({ tenant }) => tenant),
  event("int8", ({ store }) => store),
  event("int8", ({ input }) => input.event.createdAt),
  event("text", ({ input }) => input.event.id),
  event("text", ({ input }) => input.event.type),
  event("text", ({ input }) => input.event.subjectId),
  event("int4", ({ input }) => input.endpointsVersion ?? -1),
  event("int8", ({ num }) => num + 1),
  event("int4", ({ input }) => input.deliveries.length),
  event("text", ({ input }) => input.event.data),
  event("bytea", ({ bodies }) => bodies),
];

const delivery = columnsOver<DeliveryRow>();
export const DELIVERY_COLUMNS = [
  delivery("int4", ({ position }) => position),
  delivery("int8", ({ num }) => num),
  delivery("int8", ({ tenant }) => tenant),
  delivery("int8", ({ store }) => store),
  delivery("int8", ({ createdAt }) => createdAt),
  delivery("int8", (row) => row.event),
  delivery("int8", ({ endpoint }) => endpoint),
  delivery("int4", ({ from }) => from),
  delivery("int4", ({ length }) => length),
  delivery("bool", (row) => row.delivery.test),
  delivery("int2", (row) => (row.delivery.test ? GATE.free : GATE.needsQuota)),
  delivery("text", (row) => row.delivery.id),
  delivery("text", (row) => row.delivery.eventType),
  delivery("text", ({ lease }) => lease),
  delivery("int4", ({ hour }) => hour),
  delivery("int4", ({ limit }) => limit),
  delivery("bool", ({ ifFirst }) => ifFirst),
];
