import type { CanonicalEventType } from "@ticketrail/contracts";
import type { EventRecord } from "../../domain/event.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { EventFilter, List } from "../driver.ts";
import { type Db, orNull } from "./db.ts";
import { newestOf, storeNumbers } from "./newest.ts";

interface EventRow {
  readonly id: string;
  readonly type: CanonicalEventType;
  readonly tenantId: string;
  readonly storeId: string;
  readonly subjectId: string;
  readonly createdAt: number;
  readonly data: string;
}

const SELECT = `SELECT e.id, e.type, e.tenant_id AS tenantId, s.id AS storeId, e.subject_id AS subjectId,
  e.created_at AS createdAt, e.data FROM events e CROSS JOIN stores s ON s.num = e.store`;

const toEvent = ({ id, type, tenantId, storeId, subjectId, createdAt, data }: EventRow): EventRecord => ({
  id,
  type,
  tenantId,
  storeId,
  subjectId,
  createdAt,
  data,
});

export function getEvent(db: Db, id: string): EventRecord | null {
  const row = db.row<EventRow>(`${SELECT} WHERE e.id = ?`, id);
  return row ? toEvent(row) : null;
}

const NEWEST = `SELECT created_at, num, store FROM events INDEXED BY events_by_store
  WHERE store = ?1 AND created_at >= ?2 AND (created_at, num) < (?3, ?4)
    AND (?6 IS NULL OR type = ?6) AND (?7 IS NULL OR created_at <= ?7)
  ORDER BY created_at DESC, num DESC LIMIT ?5`;

export function listEvents(db: Db, filter: EventFilter): List<EventRecord> {
  const { limit, since, until } = filter;
  // The span's end is the first page's cursor, so that the index starts there.
  const cursor = decodeCursor(filter.cursor, 2) ?? (until === undefined ? null : [until + 1, 0]);
  const keys = newestOf(db, NEWEST, storeNumbers(db, filter.storeId), { since, cursor, count: limit + 1 }, [
    orNull(filter.type),
    orNull(until),
  ]);
  const { rows, nextCursor } = page(keys, limit, ([createdAt, num]) => [createdAt, num]);
  const events = rows.map(([, num]) => db.row<EventRow>(`${SELECT} WHERE e.num = ?`, num));
  return { rows: events.flatMap((row) => (row ? [toEvent(row)] : [])), nextCursor };
}
