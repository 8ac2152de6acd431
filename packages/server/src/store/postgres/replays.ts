import type { DeliveryStatus } from "../../domain/delivery.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { Audit, List, ReplayFilter, ReplayJob, ReplayResult } from "../driver.ts";
import { writeAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { countDeliveries } from "./counts.ts";
import type { Sql } from "./database.ts";
import type { Key } from "./delivery-rows.ts";
import { reopen } from "./moves.ts";
import { STATUS } from "./record.ts";

const COLUMNS = `id, store_id AS "storeId", endpoint_id AS "endpointId", since, until, status, state, total, replayed,
  position, created_at AS "createdAt", updated_at AS "updatedAt"`;

const REOPEN_ONE = reopen("DELETE FROM deliveries d WHERE d.id = $1 RETURNING d.*", "$2");
/** What waits for a retry is in the queue already, and does not wait any longer. */
const SOONER = `UPDATE queue q SET due_at = $2, status = ${STATUS.pending}, gate = 1, failures = 0`;
const IS_WAITING_AGAIN = `q.status = ${STATUS.retrying} AND q.lease IS NULL`;
const SOONER_ONE = `${SOONER} WHERE q.id = $1 AND ${IS_WAITING_AGAIN}`;

export const replayDelivery = (
  context: Context,
  id: string,
  now: number,
  audit: Audit,
): Promise<ReplayResult> =>
  context.db.transaction(async (sql) => {
    const row = await sql.row<{ settled: boolean; state: string }>(
      `SELECT d.settled, e.state FROM (
         SELECT tenant, endpoint, false AS settled FROM queue WHERE id = $1
         UNION ALL SELECT tenant, endpoint, true FROM deliveries WHERE id = $1
       ) d JOIN endpoints e ON e.tenant = d.tenant AND e.num = d.endpoint`,
      id,
    );
    if (!row) return "not_found";
    if (row.state === "deleted") return "endpoint_deleted";
    // Another call may have opened it since, or a claim taken it.
    if ((await sql.run(row.settled ? REOPEN_ONE : SOONER_ONE, id, now)) === 0) return "under_way";
    await writeAudit(context, sql, audit);
    return "replayed";
  });

const replayBy = async (sql: Sql, id: string, lock = ""): Promise<(ReplayJob & Place) | null> =>
  (await sql.row<ReplayJob & Place>(
    `SELECT ${COLUMNS}, position_at AS "placeAt", position_num AS "placeNum" FROM replays WHERE id = $1 ${lock}`,
    id,
  )) ?? null;

interface Place {
  readonly placeAt: number | null;
  readonly placeNum: number | null;
}

const toJob = ({ placeAt: _, placeNum: __, ...job }: ReplayJob & Place): ReplayJob => job;

export async function getReplay({ db }: Context, id: string): Promise<ReplayJob | null> {
  const job = await replayBy(db, id);
  return job && toJob(job);
}

export const listRunningReplays = ({ db }: Context): Promise<readonly ReplayJob[]> =>
  db.rows<ReplayJob>(`SELECT ${COLUMNS} FROM replays WHERE state = 'running' ORDER BY num`);

export async function listReplays(
  { db }: Context,
  { limit, cursor, storeId, endpointId, state }: ReplayFilter,
): Promise<List<ReplayJob>> {
  const found = await db.rows<ReplayJob & { readonly num: number }>(
    `SELECT num, ${COLUMNS} FROM replays WHERE num < $1 AND ($2::text IS NULL OR store_id = $2)
       AND ($3::text IS NULL OR endpoint_id = $3) AND ($4::text IS NULL OR state = $4) ORDER BY num DESC LIMIT $5`,
    decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER,
    storeId ?? null,
    endpointId ?? null,
    state ?? null,
    limit + 1,
  );
  const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
  return { rows: rows.map(({ num: _, ...job }) => job), nextCursor };
}

export const createReplay = (
  context: Context,
  job: Omit<ReplayJob, "total">,
  audit: Audit,
): Promise<ReplayJob> =>
  context.db.transaction(async (sql) => {
    const there = await replayBy(sql, job.id);
    if (there) return toJob(there);
    const { endpointId, since, until, status } = job;
    const counted = isReplayable(status)
      ? await countDeliveries(sql, { endpointId, since, until, status })
      : null;
    const total = counted?.[status] ?? 0;
    const made = await sql.run(
      `INSERT INTO replays (tenant, id, store_id, endpoint_id, since, until, status, state, total, replayed, position,
         created_at, updated_at)
       SELECT coalesce((SELECT tenant FROM stores WHERE id = $2), 0), $1, $2, $3, $4::bigint, $5::bigint, $6, $7,
         $8::bigint, $9::bigint, $10, $11::bigint, $12::bigint ON CONFLICT DO NOTHING`,
      job.id,
      job.storeId,
      endpointId,
      since,
      until,
      status,
      job.state,
      total,
      job.replayed,
      job.position,
      job.createdAt,
      job.updatedAt,
    );
    if (made > 0) await writeAudit(context, sql, audit);
    return toJob((await replayBy(sql, job.id)) ?? { ...job, total, placeAt: null, placeNum: null });
  });

/** What was never tried goes out without it. */
const isReplayable = (status: DeliveryStatus): boolean => status !== "pending";

type Passed = Key & { readonly id: string; readonly matches: boolean };

/** $1 tenant, $2 endpoint, ($3, $4) the key to stay above, $5 until when, $6 how many, $7 status. */
const SPAN = `tenant = $1 AND endpoint = $2 AND (created_at, num) > ($3, $4) AND created_at >= $3 AND created_at <= $5`;
const SELECT = `SELECT tenant, endpoint, created_at AS "createdAt", num, id, status = $7::smallint AND NOT test AS matches
  FROM deliveries WHERE ${SPAN}`;
const ORDER = "ORDER BY created_at, num LIMIT $6";
/** Dead letters and cancelled ones have an index; of the delivered, all are passed, and few skipped. */
const NEXT_OPEN = `${SELECT} AND status = $7::smallint AND status <> ${STATUS.delivered} ${ORDER}`;
const NEXT_ANY = `${SELECT} ${ORDER}`;
const NEXT_WAITING = `SELECT tenant, endpoint, created_at AS "createdAt", num, id,
    status = $7::smallint AND lease IS NULL AS matches FROM queue WHERE ${SPAN} ${ORDER}`;
const NEXT: Readonly<Partial<Record<DeliveryStatus, string>>> = {
  delivered: NEXT_ANY,
  retrying: NEXT_WAITING,
};

const KEYS =
  "unnest($1::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS k (tenant, endpoint, created_at, num)";
const isAt = (row: string): string => `${row}.tenant = k.tenant AND ${row}.endpoint = k.endpoint
  AND ${row}.created_at = k.created_at AND ${row}.num = k.num`;
const REOPEN = reopen(`DELETE FROM deliveries d USING ${KEYS} WHERE ${isAt("d")} RETURNING d.*`, "$2");
const SOONER_ALL = `${SOONER} FROM ${KEYS} WHERE ${isAt("q")} AND ${IS_WAITING_AGAIN}`;

export const stepReplay = (
  { db }: Context,
  id: string,
  limit: number,
  now: number,
): Promise<ReplayJob | null> =>
  db.transaction(async (sql) => {
    // Processes that step one job take turns.
    const job = await replayBy(sql, id, "FOR UPDATE");
    if (job?.state !== "running") return job && toJob(job);
    const endpoint = await sql.row<{ num: number; tenant: number; state: string }>(
      "SELECT num, tenant, state FROM endpoints WHERE id = $1",
      job.endpointId,
    );
    if (!endpoint || endpoint.state === "deleted") return moveTo(sql, id, { state: "cancelled" }, now);
    if (!isReplayable(job.status)) return moveTo(sql, id, { state: "done" }, now);
    const passed = await sql.rows<Passed>(
      NEXT[job.status] ?? NEXT_OPEN,
      endpoint.tenant,
      endpoint.num,
      job.placeAt ?? job.since - 1,
      job.placeNum ?? Number.MAX_SAFE_INTEGER,
      job.until,
      limit,
      STATUS[job.status],
    );
    const replayed = await reopenAll(
      sql,
      job.status === "retrying" ? SOONER_ALL : REOPEN,
      passed.filter(({ matches }) => matches),
      now,
    );
    const state = passed.length < limit ? "done" : "running";
    return moveTo(sql, id, { state, replayed, last: passed.at(-1) }, now);
  });

const reopenAll = async (sql: Sql, text: string, keys: readonly Key[], now: number): Promise<number> =>
  keys.length === 0
    ? 0
    : sql.run(
        text,
        keys.map(({ tenant }) => tenant),
        now,
        keys.map(({ endpoint }) => endpoint),
        keys.map(({ createdAt }) => createdAt),
        keys.map(({ num }) => num),
      );

interface Move {
  readonly state: ReplayJob["state"];
  readonly replayed?: number;
  readonly last?: Passed | undefined;
}

async function moveTo(
  sql: Sql,
  id: string,
  { state, replayed = 0, last }: Move,
  now: number,
): Promise<ReplayJob | null> {
  await sql.run(
    `UPDATE replays SET state = $1, replayed = replayed + $2, updated_at = $3, position = coalesce($4, position),
       position_at = coalesce($5, position_at), position_num = coalesce($6, position_num) WHERE id = $7`,
    state,
    replayed,
    now,
    last?.id ?? null,
    last?.createdAt ?? null,
    last?.num ?? null,
    id,
  );
  const job = await replayBy(sql, id);
  return job && toJob(job);
}

export const setReplayState = (
  context: Context,
  id: string,
  state: "running" | "paused" | "cancelled",
  now: number,
  audit: Audit,
): Promise<ReplayJob | null> =>
  context.db.transaction(async (sql) => {
    const job = await replayBy(sql, id, "FOR UPDATE");
    if (!job || job.state === "done" || job.state === "cancelled" || job.state === state)
      return job && toJob(job);
    await writeAudit(context, sql, audit);
    return moveTo(sql, id, { state }, now);
  });
