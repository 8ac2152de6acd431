import { decodeCursor, page } from "../cursor.ts";
import type { DeliveryDetail, DeliveryFilter, List } from "../driver.ts";
import { type Db, orNull, type Value } from "./db.ts";
import { detailsOf } from "./delivery-rows.ts";
import { byAge, endpointNumbers, endpointsOrAll, type Key, newestOf } from "./newest.ts";
import { STATUS } from "./record.ts";

/** What `deliveries_open` holds; the two statements must agree for the index to be usable. */
const OPEN = `d.status <> ${STATUS.delivered} AND d.lease_token IS NULL`;

/** ?1 where, ?2 from when, (?3, ?4) the key to stay below, ?5 how many, ?6 … the filter. */
const SELECT = "SELECT d.created_at, d.num, d.endpoint FROM";
const SPAN = "d.created_at >= ?2 AND (d.created_at, d.num) < (?3, ?4)";
const FILTER = `(?6 IS NULL OR d.status = ?6) AND (?7 IS NULL OR d.event_type = ?7)
  AND (?8 = 0 OR d.attempts <> '[]') AND (?9 IS NULL OR d.created_at <= ?9)`;
const ORDER = "ORDER BY d.created_at DESC, d.num DESC LIMIT ?5";

const ANY = `${SELECT} deliveries d INDEXED BY deliveries_by_endpoint
  WHERE d.endpoint = ?1 AND ${SPAN} AND ${FILTER} ${ORDER}`;
const WAITING = `${SELECT} deliveries d INDEXED BY deliveries_open
  WHERE d.endpoint = ?1 AND d.status = ?6 AND ${OPEN} AND ${SPAN} AND ${FILTER} ${ORDER}`;
/** No more than are being sent at this moment. */
const LEASED = `${SELECT} deliveries d INDEXED BY deliveries_leased
  WHERE d.lease_token IS NOT NULL AND (?1 IS NULL OR d.endpoint IN (SELECT value FROM json_each(?1)))
    AND ${SPAN} AND ${FILTER} ${ORDER}`;
const OF_EVENT = `${SELECT} events ev
  CROSS JOIN deliveries d ON d.num BETWEEN ev.first_delivery AND ev.first_delivery + ev.deliveries - 1
  WHERE ev.id = ?1 AND (?10 IS NULL OR d.endpoint IN (SELECT value FROM json_each(?10))) AND ${SPAN} AND ${FILTER} ${ORDER}`;

export function listDeliveries(db: Db, filter: DeliveryFilter, now: number): List<DeliveryDetail> {
  const cursor = decodeCursor(filter.cursor, 2);
  const keys =
    filter.eventId === undefined ? newestKeys(db, filter, cursor) : keysOfEvent(db, filter, cursor);
  const { rows, nextCursor } = page(keys, filter.limit, ([createdAt, num]) => [createdAt, num]);
  const details = detailsOf(
    db,
    rows.map(([, num]) => num),
    now,
  );
  return { rows: details, nextCursor };
}

const filterValues = ({ status, eventType, tried, until }: DeliveryFilter): Value[] => [
  status === undefined ? null : STATUS[status],
  orNull(eventType),
  tried ? 1 : 0,
  orNull(until),
];

/** Statuses other than delivered have an index of their own: they are few, and what people look for. */
function newestKeys(db: Db, filter: DeliveryFilter, cursor: readonly number[] | null): Key[] {
  const { status, since, until, limit } = filter;
  const lanes = endpointNumbers(db, filter);
  const rest = filterValues(filter);
  const count = limit + 1;
  const start = cursor ?? (until === undefined ? null : [until + 1, 0]);
  if (status === undefined || status === "delivered") {
    return newestOf(db, ANY, lanes, { since, cursor: start, count }, rest);
  }
  const waiting = newestOf(db, WAITING, lanes, { since, cursor: start, count }, rest);
  if (status !== "pending" && status !== "retrying") return waiting;
  const [createdAt, num] = start ?? [Number.MAX_SAFE_INTEGER, 0];
  const leased = db.tuples<Key>(
    LEASED,
    endpointsOrAll(db, filter),
    orNull(since) ?? 0,
    orNull(createdAt),
    orNull(num),
    count,
    ...rest,
  );
  return [...waiting, ...leased].sort(byAge).slice(0, count);
}

function keysOfEvent(db: Db, filter: DeliveryFilter, cursor: readonly number[] | null): Key[] {
  const [createdAt, num] = cursor ?? [Number.MAX_SAFE_INTEGER, 0];
  return db.tuples<Key>(
    OF_EVENT,
    orNull(filter.eventId),
    orNull(filter.since) ?? 0,
    orNull(createdAt),
    orNull(num),
    filter.limit + 1,
    ...filterValues(filter),
    endpointsOrAll(db, filter),
  );
}
