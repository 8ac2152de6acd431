import { DELIVERY_STATUSES, type DeliveryStatus } from "../../domain/delivery.ts";
import type { DeliveryFilter } from "../driver.ts";
import type { Sql } from "./database.ts";
import { ENDPOINTS } from "./deliveries.ts";
import { STATUS } from "./record.ts";
import type { Value } from "./values.ts";

type Filter = Omit<DeliveryFilter, "limit" | "cursor">;

/** $1 store, $2 endpoint, $3 from when, $4 until when. */
const SPAN = "d.created_at >= $3 AND d.created_at <= $4";
const of = (table: string): string =>
  `${ENDPOINTS} l JOIN ${table} d ON d.tenant = l.tenant AND d.endpoint = l.num`;

/** $5 type, $6 event, $7 only tried ones. */
const FILTER = `NOT d.test AND ${SPAN} AND ($5::text IS NULL OR d.event_type = $5) AND (NOT $7 OR d.attempt_count > 0)
  AND ($6::text IS NULL OR EXISTS (SELECT FROM event_ids i WHERE i.id = $6 AND i.tenant = d.tenant AND i.num = d.event))`;
const rowsOf = (table: string): string =>
  `SELECT d.status, count(*) AS n FROM ${of(table)} WHERE ${FILTER} GROUP BY d.status`;

/** Delivered ones are by far the most, so they are what is left of all when the others are taken away. */
const ALL = `SELECT ${STATUS.delivered} AS status, count(*) AS n FROM ${of("deliveries")} WHERE ${SPAN}`;
const OPEN = `SELECT d.status, count(*) AS n FROM ${ENDPOINTS} l JOIN deliveries d ON d.endpoint = l.num
  WHERE d.status <> ${STATUS.delivered} AND d.status = ANY ($5::smallint[]) AND ${SPAN} GROUP BY d.status`;
const TESTS = `SELECT d.status, count(*) AS n FROM ${ENDPOINTS} l JOIN deliveries d ON d.endpoint = l.num
  WHERE d.test AND ${SPAN} GROUP BY d.status`;
const WAITING = `SELECT d.status, count(*) AS n FROM ${of("queue")} WHERE NOT d.test AND ${SPAN} GROUP BY d.status`;

interface Counted {
  readonly status: number;
  readonly n: number;
}

type Counts = Readonly<Record<DeliveryStatus, number>>;

export const countDeliveries = (sql: Sql, filter: Filter): Promise<Counts> =>
  countStatuses(sql, filter, filter.status === undefined ? DELIVERY_STATUSES : [filter.status]);

/** Of the states that are wanted, each index once; 0 for the others. */
export async function countStatuses(
  sql: Sql,
  filter: Filter,
  wanted: readonly DeliveryStatus[],
): Promise<Counts> {
  const counts = needsRows(filter) ? await countRows(sql, filter) : await countIndexes(sql, filter, wanted);
  const entries = DELIVERY_STATUSES.map((status, index) => [
    status,
    wanted.includes(status) ? (counts[index] ?? 0) : 0,
  ]);
  return Object.fromEntries(entries);
}

const needsRows = ({ eventType, eventId, tried }: Filter): boolean =>
  eventType !== undefined || eventId !== undefined || tried === true;

const span = ({ storeId, endpointId, since, until }: Filter): Value[] => [
  storeId ?? null,
  endpointId ?? null,
  since ?? 0,
  until ?? Number.MAX_SAFE_INTEGER,
];

async function countRows(sql: Sql, filter: Filter): Promise<number[]> {
  const counts = [0, 0, 0, 0, 0];
  const { eventType = null, eventId = null, tried = false } = filter;
  const both = `${rowsOf("queue")} UNION ALL ${rowsOf("deliveries")}`;
  for (const { status, n } of await sql.rows<Counted>(both, ...span(filter), eventType, eventId, tried)) {
    counts[status] = (counts[status] ?? 0) + n;
  }
  return counts;
}

async function countIndexes(sql: Sql, filter: Filter, states: readonly DeliveryStatus[]): Promise<number[]> {
  const within = span(filter);
  const counts = [0, 0, 0, 0, 0];
  const add = (rows: readonly Counted[], sign = 1) => {
    for (const { status, n } of rows) counts[status] = (counts[status] ?? 0) + sign * n;
  };
  const wanted = (...statuses: DeliveryStatus[]) => statuses.some((status) => states.includes(status));
  if (wanted("pending", "retrying")) add(await sql.rows<Counted>(WAITING, ...within));
  if (!wanted("delivered", "dead_letter", "cancelled")) return counts;
  const ended = await sql.rows<Counted>(OPEN, ...within, [STATUS.dead_letter, STATUS.cancelled]);
  add(ended);
  if (wanted("delivered")) {
    add(await sql.rows<Counted>(ALL, ...within));
    for (const { n } of ended) counts[STATUS.delivered] = (counts[STATUS.delivered] ?? 0) - n;
  }
  add(await sql.rows<Counted>(TESTS, ...within), -1);
  return counts;
}
