import { decodeCursor, page } from "../cursor.ts";
import type { Audit, List, ListInput } from "../driver.ts";
import { type Db, orNull } from "./db.ts";

/** In the same transaction as what was done. */
export function writeAudit(db: Db, { id, at, actor, action, storeId, targetId }: Audit): void {
  db.run(
    `INSERT INTO audit (id, at, actor, action, store_id, target_id) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
    id,
    at,
    actor,
    action,
    storeId,
    targetId,
  );
}

interface AuditRow extends Audit {
  readonly num: number;
}

const COLUMNS = "num, id, at, actor, action, store_id AS storeId, target_id AS targetId";

export function listAudit(db: Db, { limit, cursor, storeId }: ListInput & { storeId?: string }): List<Audit> {
  const before = decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
  const found =
    storeId === undefined
      ? db.rows<AuditRow>(
          `SELECT ${COLUMNS} FROM audit WHERE num < ? ORDER BY num DESC LIMIT ?`,
          before,
          limit + 1,
        )
      : db.rows<AuditRow>(
          `SELECT ${COLUMNS} FROM audit WHERE store_id = ? AND num < ? ORDER BY num DESC LIMIT ?`,
          orNull(storeId),
          before,
          limit + 1,
        );
  const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
  return { rows: rows.map(({ num, ...audit }) => audit), nextCursor };
}
