import type { AcceptResult, NewDelivery, NewEvent, Placement } from "../driver.ts";
import type { Db, Value } from "./db.ts";
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
    const row = db.tuples<[number, number]>(
      "SELECT num, endpoints_version FROM stores WHERE id = ?",
      event.storeId,
    )[0];
    if (!row) throw new Error(`There is no store ${event.storeId}.`);
    stores.set(event.storeId, { num: row[0], endpointsVersion: row[1] });
  }
  return stores;
}

export const isStale = ({ endpointsVersion, event }: NewEvent, stores: Stores): boolean =>
  endpointsVersion !== null && endpointsVersion !== stores.get(event.storeId)?.endpointsVersion;

/** All the calls of a group at once: rows of one table go in together. */
export function acceptEvents(db: Db, inputs: readonly NewEvent[]): AcceptResult[] {
  const stores = storesOf(db, inputs);
  const there = new Set(
    db
      .tuples<[string]>(
        "SELECT id FROM events WHERE id IN (SELECT value FROM json_each(?))",
        JSON.stringify(inputs.map(({ event }) => event.id)),
      )
      .map(([id]) => id),
  );
  const fresh: NewEvent[] = [];
  const kinds = inputs.map((input) => {
    if (there.has(input.event.id)) return "exists";
    if (isStale(input, stores)) return "stale_endpoints";
    there.add(input.event.id);
    fresh.push(input);
    return "accepted";
  });
  const placed = insertEvents(db, fresh, stores).values();
  return kinds.map((kind) =>
    kind === "accepted" ? { kind, placements: placed.next().value ?? [] } : { kind },
  );
}

function endpointNumber(db: Db, id: string): number {
  const { endpoints } = db.known;
  const known = endpoints.get(id);
  if (known !== undefined) return known;
  const num = db.tuples<[number]>("SELECT num FROM endpoints WHERE id = ?", id)[0]?.[0];
  if (num === undefined) throw new Error(`There is no endpoint ${id}.`);
  if (endpoints.size >= MOST_KNOWN) endpoints.clear();
  endpoints.set(id, num);
  return num;
}

interface Numbers {
  event: number;
  payload: number;
  delivery: number;
}

/** Writes events that are known to be new; says for each where its deliveries went. */
export function insertEvents(db: Db, inputs: readonly NewEvent[], stores: Stores): Placement[][] {
  if (inputs.length === 0) return [];
  const [numbers] = db.tuples<[number, number, number]>("SELECT event, payload, delivery FROM sequences");
  if (!numbers) throw new Error("The table of sequences is empty.");
  const last: Numbers = { event: numbers[0], payload: numbers[1], delivery: numbers[2] };
  const quota = new Quota(db);
  const rows: Rows = { events: [], payloads: [], deliveries: [] };
  const placements = inputs.map((input) => {
    const store = stores.get(input.event.storeId);
    if (!store) throw new Error(`There is no store ${input.event.storeId}.`);
    return addRows(db, rows, last, input, store.num, quota);
  });
  db.insertMany("events", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.events);
  db.insertMany("payloads", "(?, ?)", rows.payloads);
  db.insertMany(
    "deliveries",
    "(?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, NULL, NULL, ?, ?, ?, '[]')",
    rows.deliveries,
  );
  db.run(
    "UPDATE sequences SET event = ?, payload = ?, delivery = ?",
    last.event,
    last.payload,
    last.delivery,
  );
  quota.save();
  return placements;
}

interface Rows {
  readonly events: Value[][];
  readonly payloads: Value[][];
  readonly deliveries: Value[][];
}

function addRows(
  db: Db,
  rows: Rows,
  last: Numbers,
  input: NewEvent,
  store: number,
  quota: Quota,
): Placement[] {
  const { event, payloads, deliveries } = input;
  const firstPayload = last.payload + 1;
  for (const { body } of payloads) rows.payloads.push([++last.payload, body]);
  const eventNumber = ++last.event;
  rows.events.push([
    eventNumber,
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
    const placed = place(delivery, input, store, quota);
    const leased = placed === "leased";
    const counted = leased && !delivery.test && input.quota.limit !== null;
    rows.deliveries.push([
      ++last.delivery,
      delivery.id,
      eventNumber,
      firstPayload + payloadIndex(input, delivery),
      delivery.eventType,
      endpointNumber(db, delivery.endpointId),
      event.createdAt,
      delivery.test ? 1 : 0,
      leased ? null : delivery.test ? 1 : 0,
      event.createdAt,
      counted ? input.quota.hour : null,
      leased ? input.lease.token : null,
      leased ? input.lease.until : null,
    ]);
    return { deliveryId: delivery.id, placed };
  });
}

function payloadIndex({ payloads }: NewEvent, { id, contract, eventType }: NewDelivery): number {
  const index = payloads.findIndex((payload) => payload.contract === contract && payload.type === eventType);
  if (index < 0) throw new Error(`Delivery ${id} has no payload of ${contract} ${eventType}.`);
  return index;
}

function place(
  { handOff, test }: NewDelivery,
  { quota: window }: NewEvent,
  store: number,
  quota: Quota,
): Placement["placed"] {
  if (!handOff) return "queued";
  if (test || window.limit === null) return "leased";
  return quota.take(store, window.hour, window.limit) ? "leased" : "rate_limited";
}
