import type { Context } from "./context.ts";
import type { Sql } from "./database.ts";
import { cancel } from "./moves.ts";

/** Accepts that were matched before the deletion may still commit for so long. */
const LATE_MS = 120_000;

const CANCEL = cancel(
  `DELETE FROM queue q WHERE (q.tenant, q.endpoint, q.created_at, q.num) IN (
     SELECT w.tenant, w.endpoint, w.created_at, w.num FROM queue w
     WHERE w.endpoint = $1 AND w.gate IN (0, 1, 2) AND w.lease IS NULL LIMIT $2 FOR UPDATE SKIP LOCKED
   ) RETURNING q.*`,
  "$3",
);

/** What is leased settles by itself, or is cancelled when it comes back; until then the endpoint is not drained. */
export async function cancelDeliveries(
  { db }: Context,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<number> {
  let left = limit;
  const draining = await db.rows<{ num: number; tenant: number; deletedAt: number | null }>(
    `SELECT num, tenant, deleted_at AS "deletedAt" FROM endpoints WHERE state = 'deleted' AND NOT drained ORDER BY num`,
  );
  for (const { num, tenant, deletedAt } of draining) {
    if (left === 0) break;
    left -= await db.run(CANCEL, num, left, now);
    const isLate = (deletedAt ?? 0) + LATE_MS < now;
    if (left > 0 && isLate && !(await isQueued(db, tenant, num))) {
      await db.run("UPDATE endpoints SET drained = true WHERE tenant = $1 AND num = $2", tenant, num);
    }
  }
  return limit - left;
}

const isQueued = async (sql: Sql, tenant: number, endpoint: number): Promise<boolean> =>
  (await sql.row("SELECT 1 FROM queue WHERE tenant = $1 AND endpoint = $2 LIMIT 1", tenant, endpoint)) !==
  undefined;
