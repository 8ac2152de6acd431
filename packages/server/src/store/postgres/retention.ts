import { DAY_MS } from "../../domain/endpoint.ts";
import { hourOf } from "../../domain/store.ts";
import type { PruneInput, PruneResult } from "../driver.ts";
import type { Context } from "./context.ts";
import type { Database, Sql } from "./database.ts";
import { lockBriefly, makePartitions, partitionDays, partitionOf } from "./partitions.ts";
import { STATUS } from "./record.ts";

/** Health looks back no further than this. */
const KEPT_HOURS = 31 * 24;
/** The counters of an hour that has passed are of no use; two days cover any clock. */
const KEPT_QUOTA_HOURS = 48;
/** A lease that ran out so long ago holds nothing. */
const KEPT_LEASES_MS = 3_600_000;

/** $1 what is settled, $2 dead letters: older goes. */
const isOld = (row: string): string =>
  `(CASE WHEN ${row}.status = ${STATUS.dead_letter} THEN ${row}.settled_at < $2 ELSE ${row}.settled_at < $1 END)`;

/** What need not be looked at every time. */
export interface Upkeep {
  /** The hour it was last done in, and the days that are over and still there since then. */
  hour: number;
  settledBefore: number;
  overDays: readonly number[];
  /** When all leases were last looked at; epoch ms. */
  walkedAt: number;
}

export const newUpkeep = (): Upkeep => ({ hour: -1, settledBefore: -1, overDays: [], walkedAt: 0 });

/**
 * A day's partition goes whole once everything in it has outlived its keep, so that its rows are kept for up to a day
 * longer. Row by row goes what the default partition has, and what is left of days that something keeps.
 */
export async function prune(context: Context, input: PruneInput): Promise<PruneResult> {
  const { db, upkeep } = context;
  const { now, settledBefore, limit } = input;
  const dropped = { deliveries: 0, events: 0 };
  const isNew = upkeep.hour !== hourOf(now) || hourOf(upkeep.settledBefore) !== hourOf(settledBefore);
  if (isNew) Object.assign(dropped, await hourly(context, input));
  const deliveries = await deleteDeliveries(db, upkeep.overDays, input);
  const events = await deleteEvents(db, settledBefore, limit);
  const idempotencyKeys = await db.run(
    `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2))`,
    now,
    limit,
  );
  return { deliveries: deliveries + dropped.deliveries, events: events + dropped.events, idempotencyKeys };
}

interface Dropped {
  readonly deliveries: number;
  readonly events: number;
}

async function hourly(context: Context, input: PruneInput): Promise<Dropped> {
  const { db, upkeep } = context;
  const { now, settledBefore } = input;
  await makePartitions(context, now);
  let [deliveries, events] = [0, 0];
  for (const day of await overDays(db, "deliveries", settledBefore)) {
    deliveries += await dropDeliveries(db, day, input);
  }
  for (const day of await overDays(db, "events", settledBefore)) events += await dropEvents(db, day);
  await db.run("DELETE FROM attempt_hours WHERE hour < $1", hourOf(now) - KEPT_HOURS);
  await db.run("DELETE FROM quota_used WHERE hour < $1", hourOf(now) - KEPT_QUOTA_HOURS);
  await db.run("DELETE FROM leases WHERE until < $1", now - KEPT_LEASES_MS);
  await db.run("DELETE FROM processes WHERE until < $1", now - KEPT_LEASES_MS);
  upkeep.overDays = await overDays(db, "deliveries", settledBefore);
  upkeep.settledBefore = settledBefore;
  upkeep.hour = hourOf(now);
  return { deliveries, events };
}

const overDays = async (
  sql: Sql,
  parent: "events" | "deliveries",
  settledBefore: number,
): Promise<readonly number[]> =>
  (await partitionDays(sql, parent)).filter((day) => (day + 1) * DAY_MS <= settledBefore);

/** Endpoints' pages have a total, from which what is deleted is taken. */
const SUBTRACT = `UPDATE endpoint_records r SET attempts = r.attempts - o.n
  FROM (SELECT tenant, endpoint, sum(attempt_count) AS n FROM gone GROUP BY tenant, endpoint) o
  WHERE r.tenant = o.tenant AND r.endpoint = o.endpoint`;

/** All of a day, unless something in it is kept for longer. */
async function dropDeliveries(db: Database, day: number, input: PruneInput): Promise<number> {
  const table = partitionOf("deliveries", day);
  const kept = `SELECT 1 FROM ${table} d WHERE NOT ${isOld("d")} LIMIT 1`;
  const before = [input.settledBefore, input.deadLettersBefore];
  if (await db.row(kept, ...before)) return 0;
  return db.transaction(async (sql) => {
    await lockBriefly(sql, table);
    // What was settled since the look, or opened again, moves between the tables under a lock that this one excludes.
    if (await sql.row(kept, ...before)) return 0;
    const counted = await sql.row<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
    await sql.run(`WITH gone AS (SELECT * FROM ${table}) ${SUBTRACT}`);
    await sql.run(`DROP TABLE ${table}`);
    return counted?.n ?? 0;
  });
}

/** A day's events, once no delivery needs them. */
async function dropEvents(db: Database, day: number): Promise<number> {
  if (await hasDeliveries(db, day)) return 0;
  return db.transaction(async (sql) => {
    await lockBriefly(sql, partitionOf("events", day));
    if (await hasDeliveries(sql, day)) return 0;
    const [from, to] = [day * DAY_MS, (day + 1) * DAY_MS];
    const events = await sql.run(
      "DELETE FROM event_ids WHERE created_at >= $1 AND created_at < $2",
      from,
      to,
    );
    await sql.run(`DROP TABLE ${partitionOf("events", day)}`);
    return events;
  });
}

/** Anything, unsettled or settled, that needs the day's events. */
async function hasDeliveries(sql: Sql, day: number): Promise<boolean> {
  const span = `created_at >= ${day * DAY_MS} AND created_at < ${(day + 1) * DAY_MS}`;
  const row = await sql.row(
    `SELECT 1 FROM deliveries WHERE ${span} UNION ALL SELECT 1 FROM queue WHERE ${span} LIMIT 1`,
  );
  return row !== undefined;
}

/** Rows of the default partition, and of days that are over: these have not been dropped, so something is kept in them. */
async function deleteDeliveries(
  sql: Sql,
  days: readonly number[],
  { settledBefore, deadLettersBefore, limit }: PruneInput,
): Promise<number> {
  let left = limit;
  for (const table of ["deliveries_default", ...days.map((day) => partitionOf("deliveries", day))]) {
    if (left === 0) break;
    const row = await sql.row<{ n: number }>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM ${table} d
           WHERE d.settled_at < greatest($1::bigint, $2::bigint) AND ${isOld("d")} LIMIT $3))
         RETURNING *
       ), records AS (${SUBTRACT}) SELECT count(*) AS n FROM gone`,
      settledBefore,
      deadLettersBefore,
      left,
    );
    left -= row?.n ?? 0;
  }
  return limit - left;
}

const hasSome = (
  table: string,
): string => `EXISTS (SELECT FROM endpoints p JOIN ${table} d ON d.tenant = p.tenant
    AND d.endpoint = p.num AND d.created_at = e.created_at
    AND d.num BETWEEN e.first_delivery AND e.first_delivery + e.deliveries - 1
  WHERE p.store = e.store)`;

/** Events of the default partition that are old enough and have no delivery left. */
const deleteEvents = (sql: Sql, before: number, limit: number): Promise<number> =>
  sql.run(
    `WITH gone AS (
       DELETE FROM events_default WHERE ctid = ANY (ARRAY(SELECT e.ctid FROM events_default e
         WHERE e.created_at < $1 AND (e.deliveries = 0 OR NOT (${hasSome("deliveries")} OR ${hasSome("queue")}))
         ORDER BY e.created_at, e.num LIMIT $2))
       RETURNING id, tenant
     ) DELETE FROM event_ids i USING gone WHERE i.id = gone.id AND i.tenant = gone.tenant`,
    before,
    limit,
  );
