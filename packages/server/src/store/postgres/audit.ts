import { decodeCursor, page } from "../cursor.ts";
import type { Audit, List, ListInput } from "../driver.ts";
import type { Context } from "./context.ts";
import type { Sql } from "./database.ts";

/** In the same transaction as what was done. */
export async function writeAudit({ numbers }: Context, sql: Sql, audit: Audit): Promise<void> {
  const { id, at, actor, action, storeId, targetId } = audit;
  await sql.run(
    `INSERT INTO audit (tenant, store, at, num, id, actor, action, store_id, target_id)
     SELECT coalesce(s.tenant, 0), coalesce(s.num, 0), $1::bigint, $2::bigint, $3, $4, $5, $6, $7
     FROM (VALUES (0)) one LEFT JOIN stores s ON s.id = $6`,
    at,
    await numbers.take(1),
    id,
    actor,
    action,
    storeId,
    targetId,
  );
}

interface AuditRow extends Audit {
  readonly num: number;
}

export async function listAudit(
  { db }: Context,
  { limit, cursor, storeId }: ListInput & { storeId?: string },
): Promise<List<Audit>> {
  const [at, num] = decodeCursor(cursor, 2) ?? [Number.MAX_SAFE_INTEGER, 0];
  const store = "(a.tenant, a.store) = (SELECT s.tenant, s.num FROM stores s WHERE s.id = $4)";
  const found = await db.rows<AuditRow>(
    `SELECT num, id, at, actor, action, store_id AS "storeId", target_id AS "targetId" FROM audit a
     WHERE (a.at, a.num) < ($1, $2) ${storeId === undefined ? "" : `AND ${store}`}
     ORDER BY a.at DESC, a.num DESC LIMIT $3`,
    at ?? null,
    num ?? null,
    limit + 1,
    ...(storeId === undefined ? [] : [storeId]),
  );
  const { rows, nextCursor } = page(found, limit, (row) => [row.at, row.num]);
  return { rows: rows.map(({ num: _, ...audit }) => audit), nextCursor };
}
