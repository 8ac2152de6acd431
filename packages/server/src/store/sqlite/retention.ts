import { hourOf } from "../../domain/store.ts";
import type { PruneInput, PruneResult } from "../driver.ts";
import type { Db } from "./db.ts";
import { STATUS } from "./record.ts";

/** Health looks back no further than this. */
const KEPT_HOURS = 31 * 24;
/** The counters of an hour that has passed are of no use; two days cover any clock. */
const KEPT_QUOTA_HOURS = 48;

type Old = [num: number, event: number, endpoint: number, attempts: number];

const OLD = `SELECT num, event, endpoint, json_array_length(attempts) FROM deliveries INDEXED BY deliveries_settled
  WHERE settled_at IS NOT NULL AND status = ?1 AND settled_at < ?2 ORDER BY settled_at, num LIMIT ?3`;

export function prune(db: Db, input: PruneInput): PruneResult {
  const { now, settledBefore, deadLettersBefore, limit } = input;
  const old: Old[] = [];
  for (const [status, before] of [
    [STATUS.delivered, settledBefore],
    [STATUS.cancelled, settledBefore],
    [STATUS.dead_letter, deadLettersBefore],
  ] as const) {
    if (old.length < limit) old.push(...db.tuples<Old>(OLD, status, before, limit - old.length));
  }
  const events = deleteDeliveries(db, old, settledBefore) + deleteBareEvents(db, settledBefore, limit);
  // An hour at a time: after a long pause there may be many.
  db.run(
    "DELETE FROM attempt_hours WHERE hour = (SELECT min(hour) FROM attempt_hours) AND hour < ?",
    hourOf(now) - KEPT_HOURS,
  );
  db.run(
    "DELETE FROM quota_used WHERE hour = (SELECT min(hour) FROM quota_used) AND hour < ?",
    hourOf(now) - KEPT_QUOTA_HOURS,
  );
  const idempotencyKeys = db.run(
    `DELETE FROM idempotency_keys WHERE rowid IN
       (SELECT rowid FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    now,
    limit,
  );
  return { deliveries: old.length, events, idempotencyKeys };
}

/** Deletes deliveries, and the events that then have none left; says how many events. */
function deleteDeliveries(db: Db, old: readonly Old[], settledBefore: number): number {
  if (old.length === 0) return 0;
  db.run(
    "DELETE FROM deliveries WHERE num IN (SELECT value FROM json_each(?))",
    JSON.stringify(old.map(([num]) => num)),
  );
  const attempts = new Map<number, number>();
  for (const [, , endpoint, count] of old) attempts.set(endpoint, (attempts.get(endpoint) ?? 0) + count);
  db.run(
    `UPDATE endpoint_records SET attempts = attempts - (r.value ->> 1) FROM json_each(?) r
     WHERE endpoint_records.endpoint = r.value ->> 0`,
    JSON.stringify([...attempts]),
  );
  const events = JSON.stringify([...new Set(old.map(([, event]) => event))]);
  // An event that is too new to go is found again as a bare one.
  db.run(
    `UPDATE events SET deliveries = 0 WHERE num IN (SELECT value FROM json_each(?1)) AND created_at >= ?2
       AND NOT EXISTS (SELECT 1 FROM deliveries d
         WHERE d.num BETWEEN events.first_delivery AND events.first_delivery + events.deliveries - 1)`,
    events,
    settledBefore,
  );
  return deleteEvents(
    db,
    db.tuples<[number]>(
      `SELECT e.num FROM json_each(?1) j CROSS JOIN events e ON e.num = j.value
       WHERE e.created_at < ?2 AND NOT EXISTS (SELECT 1 FROM deliveries d
         WHERE d.num BETWEEN e.first_delivery AND e.first_delivery + e.deliveries - 1)`,
      events,
      settledBefore,
    ),
  );
}

const deleteBareEvents = (db: Db, before: number, limit: number): number =>
  deleteEvents(
    db,
    db.tuples<[number]>(
      `SELECT num FROM events INDEXED BY events_bare WHERE deliveries = 0 AND created_at < ?
       ORDER BY created_at LIMIT ?`,
      before,
      limit,
    ),
  );

function deleteEvents(db: Db, rows: readonly [number][]): number {
  if (rows.length === 0) return 0;
  const numbers = JSON.stringify(rows.map(([num]) => num));
  db.run(
    `DELETE FROM payloads WHERE num IN (SELECT p.num FROM json_each(?) j CROSS JOIN events e ON e.num = j.value
       CROSS JOIN payloads p ON p.num BETWEEN e.first_payload AND e.first_payload + e.payloads - 1)`,
    numbers,
  );
  return db.run("DELETE FROM events WHERE num IN (SELECT value FROM json_each(?))", numbers);
}
