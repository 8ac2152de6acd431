import { decodeCursor, page } from "../cursor.ts";
import type { DeliveryDetail, DeliveryFilter, List } from "../driver.ts";
import type { Context } from "./context.ts";
import { detailsOf, KEY, type Key } from "./delivery-rows.ts";
import { STATUS } from "./record.ts";
import type { Value } from "./values.ts";

/** $1 store, $2 endpoint, both or neither; deleted ones too. */
export const ENDPOINTS = `(SELECT e.tenant, e.num FROM endpoints e JOIN stores s ON s.tenant = e.tenant AND s.num = e.store
  WHERE ($1::text IS NULL OR s.id = $1) AND ($2::text IS NULL OR e.id = $2))`;

/** ($3, $4) the key to stay below, $5 from when, $6 until when, $7 status, $8 type, $9 only tried ones, $10 how many. */
const FILTER = `(d.created_at, d.num) < ($3, $4) AND d.created_at <= $3 AND d.created_at >= $5 AND d.created_at <= $6
  AND ($7::smallint IS NULL OR d.status = $7) AND ($8::text IS NULL OR d.event_type = $8)
  AND (NOT $9 OR d.attempt_count > 0)`;
const NEWEST = "ORDER BY d.created_at DESC, d.num DESC LIMIT $10";

type Table = "queue" | "deliveries";

/** What is not delivered has an index of its own: it is little, and what people look for. */
const look = (table: Table, more: string): string =>
  `SELECT ${KEY} FROM ${table} d WHERE d.tenant = l.tenant AND d.endpoint = l.num AND ${FILTER} ${more} ${NEWEST}`;

function tablesOf(status: DeliveryFilter["status"]): readonly (readonly [Table, string])[] {
  if (status === undefined)
    return [
      ["queue", ""],
      ["deliveries", ""],
    ];
  if (status === "pending" || status === "retrying") return [["queue", ""]];
  const open = `AND d.status = ${STATUS[status]} AND d.status <> ${STATUS.delivered}`;
  return [["deliveries", status === "delivered" ? "" : open]];
}

/** $11 the event. */
const OF_EVENT = `AND EXISTS (SELECT FROM event_ids i JOIN events ev ON ev.tenant = i.tenant AND ev.store = i.store
    AND ev.created_at = i.created_at AND ev.num = i.num
  WHERE i.id = $11 AND ev.tenant = d.tenant AND ev.created_at = d.created_at AND ev.num = d.event)`;

export async function listDeliveries(
  context: Context,
  filter: DeliveryFilter,
  now: number,
): Promise<List<DeliveryDetail>> {
  const { limit, status, eventId } = filter;
  const [createdAt, num] = decodeCursor(filter.cursor, 2) ?? [
    filter.until ?? Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ];
  const spans = eventId === undefined ? null : await momentOf(context, eventId);
  if (eventId !== undefined && spans === null) return { rows: [], nextCursor: null };
  const looks = tablesOf(status).map(
    ([table, more]) => `(${look(table, eventId === undefined ? more : `${more} ${OF_EVENT}`)})`,
  );
  const values: Value[] = [
    filter.storeId ?? null,
    filter.endpointId ?? null,
    createdAt ?? null,
    num ?? null,
    Math.max(filter.since ?? 0, spans ?? 0),
    Math.min(filter.until ?? Number.MAX_SAFE_INTEGER, spans ?? Number.MAX_SAFE_INTEGER),
    status === undefined ? null : STATUS[status],
    filter.eventType ?? null,
    filter.tried ?? false,
    limit + 1,
    ...(eventId === undefined ? [] : [eventId]),
  ];
  const found = await context.db.rows<Key>(
    `SELECT f.* FROM ${ENDPOINTS} l CROSS JOIN LATERAL (${looks.join(" UNION ALL ")}) f
     ORDER BY f."createdAt" DESC, f.num DESC LIMIT $10`,
    ...values,
  );
  const { rows, nextCursor } = page(found, limit, (key) => [key.createdAt, key.num]);
  return { rows: await detailsOf(context, rows, now), nextCursor };
}

/** When an event was accepted: its deliveries have the same time. */
async function momentOf({ db }: Context, eventId: string): Promise<number | null> {
  const row = await db.row<{ at: number }>("SELECT created_at AS at FROM event_ids WHERE id = $1", eventId);
  return row?.at ?? null;
}
