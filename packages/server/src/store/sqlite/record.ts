import type { AttemptRecord, Settlement } from "../driver.ts";
import type { Db, Value } from "./db.ts";
import { FREE } from "./gate.ts";
import { Tally } from "./tally.ts";

export const STATUS = { pending: 0, retrying: 1, delivered: 2, dead_letter: 3, cancelled: 4 } as const;

type Settled = [id: string, endpoint: number, test: number];

/** Fencing: only what is unsettled and still leased under the token that it was sent under. */
const HELD = `deliveries.id = r.value ->> 0 AND deliveries.lease_token = r.value ->> 1
  AND deliveries.status < ${STATUS.delivered}`;
/** Of each value: id, token, time, the attempt as it is stored. */
const COMMON = `lease_token = NULL, lease_until = NULL, counted_hour = NULL,
  attempts = iif(attempts = '[]', '[', substr(attempts, 1, length(attempts) - 1) || ',') || (r.value ->> 3) || ']'`;
const RETURNING = "RETURNING id, endpoint, test";

const DELIVERED = `UPDATE deliveries SET ${COMMON}, status = ${STATUS.delivered}, due_at = NULL, refused = 0,
    delivered_at = r.value ->> 2, settled_at = r.value ->> 2
  FROM json_each(?) r WHERE ${HELD} ${RETURNING}`;

/** Further values: status, next attempt, refused. What has failed for a deleted endpoint is not tried again. */
const DELETED = "(SELECT state FROM endpoints WHERE num = deliveries.endpoint) = 'deleted'";
const ENDED = `(${DELETED} OR r.value ->> 4 = ${STATUS.dead_letter})`;
const FAILED = `UPDATE deliveries SET ${COMMON}, failures = failures + 1, refused = r.value ->> 6,
    status = iif(${DELETED}, ${STATUS.cancelled}, r.value ->> 4),
    gate = iif(${ENDED}, NULL, ${FREE}),
    due_at = iif(${ENDED}, NULL, r.value ->> 5),
    settled_at = iif(${ENDED}, r.value ->> 2, NULL)
  FROM json_each(?) r WHERE ${HELD} ${RETURNING}`;

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
  const taken = new Map<string, number>();
  const later: number[] = [];
  const delivered: Value[][] = [];
  const failed: Value[][] = [];
  for (const index of indexes) {
    const record = records[index];
    if (!record) continue;
    if (taken.has(record.deliveryId)) {
      later.push(index);
      continue;
    }
    taken.set(record.deliveryId, index);
    if (record.settlement.status === "delivered") delivered.push(common(record));
    else failed.push([...common(record), ...failure(record.settlement)]);
  }
  const settled = [...settle(db, DELIVERED, delivered), ...settle(db, FAILED, failed)];
  const byIndex = settled.map((row) => ({ row, index: taken.get(row[0]) ?? 0 }));
  const tally = new Tally();
  // In the order recorded: what a success ends depends on what came before it.
  for (const { row, index } of byIndex.sort((a, b) => a.index - b.index)) {
    const record = records[index];
    if (!record) continue;
    applied[index] = true;
    tally.add(row[1], record, row[2] === 1);
  }
  tally.save(db);
  return later;
}

const settle = (db: Db, sql: string, rows: readonly Value[][]): Settled[] =>
  rows.length === 0 ? [] : db.tuples<Settled>(sql, JSON.stringify(rows));

function common({ deliveryId, token, attempt }: AttemptRecord): Value[] {
  const { number, at, statusCode, error, durationMs } = attempt;
  return [deliveryId, token, at, JSON.stringify([number, at, statusCode, error, durationMs])];
}

const failure = (settlement: Exclude<Settlement, { status: "delivered" }>): Value[] =>
  settlement.status === "retrying"
    ? [STATUS.retrying, settlement.nextAttemptAt, 0]
    : [STATUS.dead_letter, null, settlement.refused ? 1 : 0];
