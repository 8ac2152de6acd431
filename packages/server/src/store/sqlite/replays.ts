import type { DeliveryStatus } from "../../domain/delivery.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { Audit, List, ReplayFilter, ReplayJob, ReplayResult } from "../driver.ts";
import { writeAudit } from "./audit.ts";
import { countDeliveries } from "./counts.ts";
import { type Db, orNull } from "./db.ts";
import { FREE } from "./gate.ts";
import { STATUS } from "./record.ts";

const COLUMNS = `id, store_id AS storeId, endpoint_id AS endpointId, since, until, status, state, total, replayed,
  position, created_at AS createdAt, updated_at AS updatedAt`;

/** Due at once and free of quota: it was counted when it was new. `delivered_at` stays until it is delivered again. */
const REOPEN = `UPDATE deliveries SET status = ${STATUS.pending}, gate = ${FREE}, due_at = ?2, failures = 0, refused = 0,
  settled_at = NULL WHERE num IN (SELECT value FROM json_each(?1))`;

export function replayDelivery(db: Db, id: string, now: number, audit: Audit): ReplayResult {
  const row = db.row<{ num: number; status: number; waits: number; state: string }>(
    `SELECT d.num, d.status, d.lease_token IS NULL AS waits, e.state
     FROM deliveries d CROSS JOIN endpoints e ON e.num = d.endpoint WHERE d.id = ?`,
    id,
  );
  if (!row) return "not_found";
  if (row.state === "deleted") return "endpoint_deleted";
  const isWaitingAgain = row.status === STATUS.retrying && row.waits === 1;
  if (row.status < STATUS.delivered && !isWaitingAgain) return "under_way";
  db.run(REOPEN, JSON.stringify([row.num]), now);
  writeAudit(db, audit);
  return "replayed";
}

export const getReplay = (db: Db, id: string): ReplayJob | null =>
  db.rows<ReplayJob>(`SELECT ${COLUMNS} FROM replays WHERE id = ?`, id)[0] ?? null;

export const listRunningReplays = (db: Db): readonly ReplayJob[] =>
  db.rows<ReplayJob>(`SELECT ${COLUMNS} FROM replays WHERE state = 'running' ORDER BY num`);

export function listReplays(
  db: Db,
  { limit, cursor, storeId, endpointId, state }: ReplayFilter,
): List<ReplayJob> {
  const found = db.rows<ReplayJob & { num: number }>(
    `SELECT num, ${COLUMNS} FROM replays WHERE num < ?1 AND (?2 IS NULL OR store_id = ?2)
       AND (?3 IS NULL OR endpoint_id = ?3) AND (?4 IS NULL OR state = ?4) ORDER BY num DESC LIMIT ?5`,
    decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER,
    orNull(storeId),
    orNull(endpointId),
    orNull(state),
    limit + 1,
  );
  const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
  return { rows: rows.map(({ num: _, ...job }) => job), nextCursor };
}

export function createReplay(db: Db, job: Omit<ReplayJob, "total">, audit: Audit): ReplayJob {
  const there = getReplay(db, job.id);
  if (there) return there;
  const { endpointId, since, until, status } = job;
  const total = isReplayable(status) ? countDeliveries(db, { endpointId, since, until, status })[status] : 0;
  db.run(
    `INSERT INTO replays (id, store_id, endpoint_id, since, until, status, state, total, replayed, position,
       created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
  writeAudit(db, audit);
  return { ...job, total };
}

/** What was never tried goes out without it. */
const isReplayable = (status: DeliveryStatus): boolean => status !== "pending";

type Passed = [createdAt: number, num: number, id: string, matches: number];

const SPAN = `endpoint = ?1 AND (created_at, num) > (?2, ?3) AND created_at <= ?4`;
/** Of the delivered, all are passed, and few skipped; what is not delivered has an index. */
const NEXT_OPEN = `SELECT created_at, num, id, test = 0 FROM deliveries INDEXED BY deliveries_open
  WHERE status <> ${STATUS.delivered} AND lease_token IS NULL AND status = ?6 AND ${SPAN}
  ORDER BY created_at, num LIMIT ?5`;
const NEXT_ANY = `SELECT created_at, num, id, status = ?6 AND test = 0 FROM deliveries INDEXED BY deliveries_by_endpoint
  WHERE ${SPAN} ORDER BY created_at, num LIMIT ?5`;

interface Place {
  readonly at: number | null;
  readonly num: number | null;
}

export function stepReplay(db: Db, id: string, limit: number, now: number): ReplayJob | null {
  const job = getReplay(db, id);
  if (job?.state !== "running") return job;
  const endpoint = db.row<{ num: number; state: string }>(
    "SELECT num, state FROM endpoints WHERE id = ?",
    job.endpointId,
  );
  if (!endpoint || endpoint.state === "deleted") return moveTo(db, job, { state: "cancelled" }, now);
  if (!isReplayable(job.status)) return moveTo(db, job, { state: "done" }, now);
  const place = db.row<Place>("SELECT position_at AS at, position_num AS num FROM replays WHERE id = ?", id);
  const passed = db.tuples<Passed>(
    job.status === "delivered" ? NEXT_ANY : NEXT_OPEN,
    endpoint.num,
    place?.at ?? job.since - 1,
    place?.num ?? Number.MAX_SAFE_INTEGER,
    job.until,
    limit,
    STATUS[job.status],
  );
  const matching = passed.filter(([, , , matches]) => matches === 1).map(([, num]) => num);
  if (matching.length > 0) db.run(REOPEN, JSON.stringify(matching), now);
  const state = passed.length < limit ? "done" : "running";
  return moveTo(db, job, { state, replayed: matching.length, last: passed.at(-1) }, now);
}

interface Move {
  readonly state: ReplayJob["state"];
  readonly replayed?: number;
  readonly last?: Passed | undefined;
}

function moveTo(db: Db, job: ReplayJob, { state, replayed = 0, last }: Move, now: number): ReplayJob | null {
  db.run(
    `UPDATE replays SET state = ?, replayed = replayed + ?, updated_at = ?, position = coalesce(?, position),
       position_at = coalesce(?, position_at), position_num = coalesce(?, position_num) WHERE id = ?`,
    state,
    replayed,
    now,
    orNull(last?.[2]),
    orNull(last?.[0]),
    orNull(last?.[1]),
    job.id,
  );
  return getReplay(db, job.id);
}

export function setReplayState(
  db: Db,
  id: string,
  state: "running" | "paused" | "cancelled",
  now: number,
  audit: Audit,
): ReplayJob | null {
  const job = getReplay(db, id);
  if (!job || job.state === "done" || job.state === "cancelled" || job.state === state) return job;
  writeAudit(db, audit);
  return moveTo(db, job, { state }, now);
}
