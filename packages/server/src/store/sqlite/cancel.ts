import type { Db } from "./db.ts";
import { STATUS } from "./record.ts";

const CANCEL = `UPDATE deliveries SET status = ${STATUS.cancelled}, gate = NULL, due_at = NULL, settled_at = ?2
  WHERE num IN (SELECT num FROM deliveries INDEXED BY deliveries_queue
    WHERE gate IS NOT NULL AND endpoint = ?1 LIMIT ?3)`;

/** What is leased settles by itself, or is cancelled when it comes back; until then the endpoint is not drained. */
export function cancelDeliveries(
  db: Db,
  { now, limit }: { readonly now: number; readonly limit: number },
): number {
  let left = limit;
  const draining = db.tuples<[number]>(
    "SELECT num FROM endpoints INDEXED BY endpoints_draining WHERE state = 'deleted' AND drained = 0",
  );
  for (const [endpoint] of draining) {
    if (left === 0) break;
    left -= db.run(CANCEL, endpoint, now, left);
    if (left > 0 && !hasLeased(db, endpoint)) {
      db.run("UPDATE endpoints SET drained = 1 WHERE num = ?", endpoint);
    }
  }
  return limit - left;
}

const hasLeased = (db: Db, endpoint: number): boolean =>
  db.row(
    `SELECT 1 FROM deliveries INDEXED BY deliveries_leased WHERE lease_token IS NOT NULL AND endpoint = ? LIMIT 1`,
    endpoint,
  ) !== undefined;
