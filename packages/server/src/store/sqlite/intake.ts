import type { NewDelivery, NewEvent, Placement } from "../driver.ts";
import type { Db, Value } from "./db.ts";
import { FREE, NEEDS_QUOTA } from "./gate.ts";
import { Quota } from "./quota.ts";

type Stores = Db["known"]["stores"];
/** Of stores and of endpoints; more than any machine serves at once. */
const MOST_KNOWN = 50_000;

/** Number and endpoints' version of each store named. */
export function storesOf(db: Db, inputs: readonly NewEvent[]): Stores {
  const { stores } = db.known;
  if (stores.size >= MOST_KNOWN) stores.clear();
  for (const { event } of inputs) {
    if (stores.has(event.storeId)) continue;
    const row = db.tuple<[number, number]>(
      "SELECT num, endpoints_version FROM stores WHERE id = ?",
      event.storeId,
    );
    if (!row) throw new Error(`There is no store ${event.storeId}.`);
    stores.set(event.storeId, { num: row[0], endpointsVersion: row[1] });
  }
  return stores;
}

export const isStale = ({ endpointsVersion, event }: NewEvent, stores: Stores): boolean =>
  endpointsVersion !== null && endpointsVersion !== stores.get(event.storeId)?.endpointsVersion;

/** Of a store that `storesOf` has found. */
export function storeNumber({ event }: NewEvent, stores: Stores): number {
  const store = stores.get(event.storeId);
  if (!store) throw new Error(`There is no store ${event.storeId}.`);
  return store.num;
}

export function endpointNumber(db: Db, id: string): number {
  const { endpoints } = db.known;
  const known = endpoints.get(id);
  if (known !== undefined) return known;
  const num = db.tuple<[number]>("SELECT num FROM endpoints WHERE id = ?", id)?.[0];
  if (num === undefined) throw new Error(`There is no endpoint ${id}.`);
  if (endpoints.size >= MOST_KNOWN) endpoints.clear();
  endpoints.set(id, num);
  return num;
}

const WAITING = `SELECT 1 FROM deliveries INDEXED BY deliveries_waiting
  WHERE gate IS NOT NULL AND attempts = '[]' AND endpoint = ?1 AND subject`;
const IS_BEHIND = `SELECT EXISTS (${WAITING} = ?2) OR EXISTS (${WAITING} IS NULL)`;

const laneOf = ({ endpointId }: NewDelivery, subjectId: string): string => `${endpointId} ${subjectId}`;

/** Gathers events that are known to be new, from all the calls of a group, and writes them together. */
export class Intake {
  readonly #db: Db;
  readonly #quota: Quota;
  readonly #events: Value[][] = [];
  readonly #payloads: Value[][] = [];
  readonly #deliveries: Value[][] = [];
  /** Lane and subject of what this group queues. */
  readonly #queued = new Set<string>();
  /** The last number of each kind; read when the first event comes. */
  #last: { event: number; payload: number; delivery: number } | null = null;

  constructor(db: Db) {
    this.#db = db;
    this.#quota = new Quota(db);
  }

  /** Says where the event's deliveries will have gone; `store` is its store's number. */
  add(input: NewEvent, store: number): Placement[] {
    const { event, payloads, deliveries } = input;
    const last = this.#numbers();
    const firstPayload = last.payload + 1;
    for (const { body } of payloads) this.#payloads.push([++last.payload, body]);
    this.#events.push([
      ++last.event,
      event.id,
      event.type,
      event.tenantId,
      store,
      event.subjectId,
      event.createdAt,
      firstPayload,
      payloads.length,
      last.delivery + 1,
      deliveries.length,
      event.data,
    ]);
    return deliveries.map((delivery) => {
      const placed =
        delivery.ifFirst && this.#isBehind(delivery, event.subjectId)
          ? "queued"
          : place(delivery, input, store, this.#quota);
      const payload = firstPayload + payloadIndex(input, delivery);
      this.#addDelivery(input, delivery, payload, placed);
      return { deliveryId: delivery.id, placed };
    });
  }

  write(): void {
    const last = this.#last;
    if (last === null) return;
    const db = this.#db;
    db.insertMany("events", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", this.#events);
    db.insertMany("payloads", "(?, ?)", this.#payloads);
    db.insertMany(
      "deliveries",
      "(?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, NULL, NULL, ?, ?, ?, '[]', ?)",
      this.#deliveries,
    );
    const { event, payload, delivery } = last;
    db.run("UPDATE sequences SET event = ?, payload = ?, delivery = ?", event, payload, delivery);
    this.#quota.save();
  }

  #isBehind(delivery: NewDelivery, subjectId: string): boolean {
    if (this.#queued.has(laneOf(delivery, subjectId))) return true;
    const endpoint = endpointNumber(this.#db, delivery.endpointId);
    return this.#db.tuple<[number]>(IS_BEHIND, endpoint, subjectId)?.[0] === 1;
  }

  #addDelivery(input: NewEvent, delivery: NewDelivery, payload: number, placed: Placement["placed"]): void {
    const { event, quota, lease } = input;
    const last = this.#numbers();
    const leased = placed === "leased";
    const counted = leased && !delivery.test && quota.limit !== null;
    this.#deliveries.push([
      ++last.delivery,
      delivery.id,
      last.event,
      payload,
      delivery.eventType,
      endpointNumber(this.#db, delivery.endpointId),
      event.createdAt,
      delivery.test ? 1 : 0,
      leased ? null : delivery.test ? FREE : NEEDS_QUOTA,
      event.createdAt,
      counted ? quota.hour : null,
      leased ? lease.token : null,
      leased ? lease.until : null,
      event.subjectId,
    ]);
    if (!leased) this.#queued.add(laneOf(delivery, event.subjectId));
  }

  #numbers(): { event: number; payload: number; delivery: number } {
    if (this.#last) return this.#last;
    const row = this.#db.tuple<[number, number, number]>("SELECT event, payload, delivery FROM sequences");
    if (!row) throw new Error("The table of sequences is empty.");
    this.#last = { event: row[0], payload: row[1], delivery: row[2] };
    return this.#last;
  }
}

function payloadIndex({ payloads }: NewEvent, { id, contract, eventType }: NewDelivery): number {
  const index = payloads.findIndex((payload) => payload.contract === contract && payload.type === eventType);
  if (index < 0) throw new Error(`Delivery ${id} has no payload of ${contract} ${eventType}.`);
  return index;
}

function place(
  { handOff, ifFirst, test }: NewDelivery,
  { quota: window }: NewEvent,
  store: number,
  quota: Quota,
): Placement["placed"] {
  if (!handOff) return ifFirst ? "first" : "queued";
  if (test || window.limit === null) return "leased";
  return quota.take(store, window.hour, window.limit) ? "leased" : "rate_limited";
}
