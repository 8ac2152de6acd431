import type { CanonicalEventType } from "@ticketrail/contracts";
import type { EventRecord } from "../../domain/event.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { EventFilter, List } from "../driver.ts";
import type { Context } from "./context.ts";

interface EventRow {
  readonly id: string;
  readonly type: CanonicalEventType;
  readonly tenantId: string;
  readonly storeId: string;
  readonly subjectId: string;
  readonly createdAt: number;
  readonly data: string;
}

const COLUMNS = `e.id, e.type, s.tenant_id AS "tenantId", s.id AS "storeId", e.subject_id AS "subjectId",
  e.created_at AS "createdAt", e.data`;
const STORE = "JOIN stores s ON s.tenant = e.tenant AND s.num = e.store";

const toEvent = ({ id, type, tenantId, storeId, subjectId, createdAt, data }: EventRow): EventRecord => ({
  id,
  type,
  tenantId,
  storeId,
  subjectId,
  createdAt,
  data,
});

export async function getEvent({ db }: Context, id: string): Promise<EventRecord | null> {
  const row = await db.row<EventRow>(
    `SELECT ${COLUMNS} FROM event_ids i JOIN events e ON e.tenant = i.tenant AND e.store = i.store
       AND e.created_at = i.created_at AND e.num = i.num ${STORE} WHERE i.id = $1`,
    id,
  );
  return row ? toEvent(row) : null;
}

export async function listEvents({ db }: Context, filter: EventFilter): Promise<List<EventRecord>> {
  const { limit, since, until, storeId, type } = filter;
  const [createdAt, num] = decodeCursor(filter.cursor, 2) ?? [
    until ?? Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ];
  const ofStore =
    storeId === undefined
      ? ""
      : "AND (e.tenant, e.store) = (SELECT o.tenant, o.num FROM stores o WHERE o.id = $6)";
  const found = await db.rows<EventRow & { num: number }>(
    `SELECT ${COLUMNS}, e.num FROM events e ${STORE}
     WHERE (e.created_at, e.num) < ($1, $2) AND e.created_at <= $1 AND e.created_at >= $3
       AND ($4::text IS NULL OR e.type = $4) ${ofStore}
     ORDER BY e.created_at DESC, e.num DESC LIMIT $5`,
    createdAt ?? null,
    num ?? null,
    since ?? 0,
    type ?? null,
    limit + 1,
    ...(storeId === undefined ? [] : [storeId]),
  );
  const { rows, nextCursor } = page(found, limit, (row) => [row.createdAt, row.num]);
  return { rows: rows.map(toEvent), nextCursor };
}
