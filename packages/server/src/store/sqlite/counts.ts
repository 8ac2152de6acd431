import { DELIVERY_STATUSES, type DeliveryStatus } from "../../domain/delivery.ts";
import type { DeliveryFilter } from "../driver.ts";
import { type Db, orNull } from "./db.ts";
import { endpointNumbers } from "./newest.ts";
import { STATUS } from "./record.ts";

type Filter = Omit<DeliveryFilter, "limit" | "cursor">;

/** ?1 endpoints, ?2 from when, ?3 until when. */
const SPAN = `d.endpoint IN (SELECT value FROM json_each(?1)) AND d.created_at >= ?2 AND d.created_at <= ?3`;

const ALL = `SELECT count(*) FROM deliveries d INDEXED BY deliveries_by_endpoint WHERE ${SPAN}`;
const TESTS = `SELECT d.status, count(*) FROM deliveries d INDEXED BY deliveries_tests
  WHERE d.test = 1 AND ${SPAN} GROUP BY d.status`;
const OPEN = `SELECT d.status, count(*) FROM deliveries d INDEXED BY deliveries_open
  WHERE d.status <> ${STATUS.delivered} AND d.lease_token IS NULL AND d.status = ?4 AND ${SPAN}`;
const LEASED = `SELECT d.status, count(*) FROM deliveries d INDEXED BY deliveries_leased
  WHERE d.lease_token IS NOT NULL AND ${SPAN} GROUP BY d.status`;
const FILTER = `d.test = 0 AND ${SPAN} AND (?4 IS NULL OR d.event_type = ?4) AND (?5 = 0 OR d.attempts <> '[]')`;
const ROWS = `SELECT d.status, count(*) FROM deliveries d INDEXED BY deliveries_by_endpoint
  WHERE ${FILTER} GROUP BY d.status`;
const OF_EVENT = `SELECT d.status, count(*) FROM events ev
  CROSS JOIN deliveries d ON d.num BETWEEN ev.first_delivery AND ev.first_delivery + ev.deliveries - 1
  WHERE ev.id = ?6 AND ${FILTER} GROUP BY d.status`;

type Counts = Readonly<Record<DeliveryStatus, number>>;

export const countDeliveries = (db: Db, filter: Filter): Counts =>
  countStatuses(db, filter, filter.status === undefined ? DELIVERY_STATUSES : [filter.status]);

/** Of the states that are wanted, each once; 0 for the others. */
export function countStatuses(db: Db, filter: Filter, wanted: readonly DeliveryStatus[]): Counts {
  const counts = needsRows(filter) ? countRows(db, filter) : countIndexes(db, filter, wanted);
  const entries = DELIVERY_STATUSES.map((status, index) => [
    status,
    wanted.includes(status) ? (counts[index] ?? 0) : 0,
  ]);
  return Object.fromEntries(entries);
}

const needsRows = ({ eventType, eventId, tried }: Filter): boolean =>
  eventType !== undefined || eventId !== undefined || tried === true;

const span = (db: Db, filter: Filter): [string, number, number] => [
  JSON.stringify(endpointNumbers(db, filter)),
  filter.since ?? 0,
  filter.until ?? Number.MAX_SAFE_INTEGER,
];

function countRows(db: Db, filter: Filter): number[] {
  const counts = [0, 0, 0, 0, 0];
  const eventId = filter.eventId;
  const rows = db.tuples<[number, number]>(
    eventId === undefined ? ROWS : OF_EVENT,
    ...span(db, filter),
    orNull(filter.eventType),
    filter.tried ? 1 : 0,
    ...(eventId === undefined ? [] : [eventId]),
  );
  for (const [status, count] of rows) counts[status] = count;
  return counts;
}

const OPEN_STATUSES = ["pending", "retrying", "dead_letter", "cancelled"] as const;

/** Delivered ones are by far the most, so they are what is left of all when the others are taken away. */
function countIndexes(db: Db, filter: Filter, states: readonly DeliveryStatus[]): number[] {
  const within = span(db, filter);
  const counts = [0, 0, 0, 0, 0];
  const add = (status: number, count: number) => {
    counts[status] = (counts[status] ?? 0) + count;
  };
  const wanted = (...statuses: DeliveryStatus[]) =>
    states.includes("delivered") || statuses.some((status) => states.includes(status));
  for (const status of OPEN_STATUSES.filter((each) => wanted(each)).map((each) => STATUS[each])) {
    for (const [, count] of db.tuples<[number, number]>(OPEN, ...within, status)) add(status, count);
  }
  if (wanted("pending", "retrying")) {
    for (const [status, count] of db.tuples<[number, number]>(LEASED, ...within)) add(status, count);
  }
  if (states.includes("delivered")) {
    const all = db.tuple<[number]>(ALL, ...within)?.[0] ?? 0;
    add(STATUS.delivered, all - counts.reduce((sum, count) => sum + count, 0));
  }
  for (const [status, count] of db.tuples<[number, number]>(TESTS, ...within)) add(status, -count);
  return counts;
}

/** Unsettled ones, leased or not, and when the first of those that wait is due. */
export function queueStats(db: Db): { pending: number; oldestDueAt: number | null } {
  const leased = db.tuple<[number]>("SELECT count(*) FROM deliveries WHERE lease_token IS NOT NULL")?.[0];
  const waiting = db.tuple<[number, number | null]>(
    "SELECT count(*), min(due_at) FROM deliveries INDEXED BY deliveries_queue WHERE gate IS NOT NULL",
  );
  return { pending: (leased ?? 0) + (waiting?.[0] ?? 0), oldestDueAt: waiting?.[1] ?? null };
}
