import type { AttemptRecord, Settlement } from "../driver.ts";
import type { Db, Value } from "./db.ts";
import { FREE } from "./gate.ts";
import { endpointNumber } from "./intake.ts";
import { Tally } from "./tally.ts";

export const STATUS = { pending: 0, retrying: 1, delivered: 2, dead_letter: 3, cancelled: 4 } as const;

/** Fencing: only what is unsettled and still leased under the token that it was sent under. */
const LEASED = `deliveries.id = r.value ->> 0 AND deliveries.lease_token = r.value ->> 1
  AND deliveries.status < ${STATUS.delivered}`;
/** What was sent without a lease: only while nobody else has leased or tried it. */
const LOOSE = `deliveries.id = r.value ->> 0 AND deliveries.lease_token IS NULL AND deliveries.attempts = '[]'
  AND deliveries.status < ${STATUS.delivered}`;
/** Of each value: id, token, time, the attempt as it is stored. */
const COMMON = `lease_token = NULL, lease_until = NULL, counted_hour = NULL,
  attempts = iif(attempts = '[]', '[', substr(attempts, 1, length(attempts) - 1) || ',') || (r.value ->> 3) || ']'`;

const delivered = (
  held: string,
  more = "",
): string => `UPDATE deliveries SET ${COMMON}${more}, status = ${STATUS.delivered}, due_at = NULL, refused = 0,
    delivered_at = r.value ->> 2, settled_at = r.value ->> 2
  FROM json_each(?) r WHERE ${held}`;
const DELIVERED = delivered(LEASED);
/** Nothing that is leased has a gate. */
const DELIVERED_LOOSE = delivered(LOOSE, ", gate = NULL");

/** Further values: status, next attempt, refused. What has failed for a deleted endpoint is not tried again. */
const DELETED = "(SELECT state FROM endpoints WHERE num = deliveries.endpoint) = 'deleted'";
const ENDED = `(${DELETED} OR r.value ->> 4 = ${STATUS.dead_letter})`;
const failed = (
  held: string,
): string => `UPDATE deliveries SET ${COMMON}, failures = failures + 1, refused = r.value ->> 6,
    status = iif(${DELETED}, ${STATUS.cancelled}, r.value ->> 4),
    gate = iif(${ENDED}, NULL, ${FREE}),
    due_at = iif(${ENDED}, NULL, r.value ->> 5),
    settled_at = iif(${ENDED}, r.value ->> 2, NULL)
  FROM json_each(?) r WHERE ${held}`;
const FAILED = failed(LEASED);
const FAILED_LOOSE = failed(LOOSE);

/** All the calls of a group at once; says for each record whether it was applied. */
export function recordAttempts(db: Db, records: readonly AttemptRecord[]): boolean[] {
  const applied: boolean[] = new Array(records.length).fill(false);
  let left = records.map((_, index) => index);
  while (left.length > 0) left = recordOncePerDelivery(db, records, left, applied);
  return applied;
}

/** Takes the first record of each delivery; returns the rest, which come after it. */
function recordOncePerDelivery(
  db: Db,
  records: readonly AttemptRecord[],
  indexes: readonly number[],
  applied: boolean[],
): number[] {
  const taken = new Set<string>();
  const later: number[] = [];
  const first = indexes.filter((index) => {
    const { deliveryId } = records[index] as AttemptRecord;
    if (taken.has(deliveryId)) {
      later.push(index);
      return false;
    }
    taken.add(deliveryId);
    return true;
  });
  const tally = new Tally();
  for (const index of write(db, records, first)) {
    const record = records[index] as AttemptRecord;
    applied[index] = true;
    tally.add(endpointNumber(db, record.endpointId), record);
  }
  tally.save(db);
  return later;
}

/**
 * Says which were applied. To have the rows that were changed returned costs as much as to change them, and nearly
 * always it is all of them: only where it is fewer are they written one by one instead.
 */
function write(db: Db, records: readonly AttemptRecord[], indexes: readonly number[]): readonly number[] {
  const each = indexes.map((index) => records[index] as AttemptRecord);
  db.run("SAVEPOINT record");
  let written = indexes;
  if (settle(db, each) < indexes.length) {
    db.run("ROLLBACK TO record");
    written = indexes.filter((_, position) => settle(db, each.slice(position, position + 1)) === 1);
  }
  db.run("RELEASE record");
  return written;
}

/** How many were applied, of records of as many deliveries. */
function settle(db: Db, records: readonly AttemptRecord[]): number {
  const rows: Record<string, Value[][]> = {};
  for (const record of records) {
    const { settlement, token } = record;
    const ok = settlement.status === "delivered";
    const sql = ok ? (token === null ? DELIVERED_LOOSE : DELIVERED) : token === null ? FAILED_LOOSE : FAILED;
    rows[sql] ??= [];
    rows[sql].push(ok ? common(record) : [...common(record), ...failure(settlement)]);
  }
  return Object.entries(rows).reduce((sum, [sql, each]) => sum + change(db, sql, each), 0);
}

const change = (db: Db, sql: string, rows: readonly Value[][]): number =>
  rows.length === 0 ? 0 : db.run(sql, JSON.stringify(rows));

function common({ deliveryId, token, attempt }: AttemptRecord): Value[] {
  const { number, at, statusCode, error, durationMs } = attempt;
  return [deliveryId, token, at, JSON.stringify([number, at, statusCode, error, durationMs])];
}

const failure = (settlement: Exclude<Settlement, { status: "delivered" }>): Value[] =>
  settlement.status === "retrying"
    ? [STATUS.retrying, settlement.nextAttemptAt, 0]
    : [STATUS.dead_letter, null, settlement.refused ? 1 : 0];
