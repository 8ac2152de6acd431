import type { LeaseGrant } from "../driver.ts";
import type { Context } from "./context.ts";

/** Of one that comes back unsent: a first attempt needs quota unless it was counted, all else is free to go. */
export const GATE_OF_UNSENT =
  "CASE WHEN q.test OR q.attempt_count > 0 THEN 1 WHEN q.counted_hour IS NOT NULL THEN 2 ELSE 0 END";

export function releaseDeliveries(
  { db, marks }: Context,
  input: { readonly token: string; readonly deliveryIds: readonly string[]; readonly dueAt: number },
): Promise<number> {
  const released = db.transaction((sql) =>
    sql.run(
      `UPDATE queue q SET gate = ${GATE_OF_UNSENT}, due_at = $3, lease = NULL
       WHERE q.id = ANY ($1::text[]) AND q.lease IS NOT DISTINCT FROM $2`,
      input.deliveryIds,
      input.token,
      input.dueAt,
    ),
  );
  return released.finally(() => marks.clear());
}

/** The time stands once for all that is leased under the token. */
export const extendLease = ({ db }: Context, { token, until }: LeaseGrant): Promise<number> =>
  db.transaction(async (sql) => {
    const row = await sql.row<{ held: number }>("SELECT count(*) AS held FROM queue WHERE lease = $1", token);
    if (!row || row.held === 0) return 0;
    await sql.run(
      "INSERT INTO leases (token, until) VALUES ($1, $2) ON CONFLICT (token) DO UPDATE SET until = excluded.until",
      token,
      until,
    );
    return row.held;
  });

/** Tokens in use, each one look into the index; one whose lease is not there has none that could hold it. */
const RUN_OUT = `WITH RECURSIVE walk (token) AS (
    (SELECT lease FROM queue WHERE lease IS NOT NULL ORDER BY lease LIMIT 1)
    UNION ALL
    SELECT (SELECT lease FROM queue WHERE lease IS NOT NULL AND lease > walk.token ORDER BY lease LIMIT 1)
      FROM walk WHERE walk.token IS NOT NULL
  )
  SELECT w.token FROM walk w LEFT JOIN leases l ON l.token = w.token
  WHERE w.token IS NOT NULL AND ($2 OR l.token IS NULL OR l.until < $1)`;

export function recoverLeases(
  { db, marks }: Context,
  { now, everything }: { readonly now: number; readonly everything: boolean },
): Promise<number> {
  const freed = db.transaction(async (sql) => {
    const tokens = (await sql.rows<{ token: string }>(RUN_OUT, now, everything)).map(({ token }) => token);
    let count = 0;
    for (const token of tokens) {
      count += await sql.run(
        `UPDATE queue q SET gate = ${GATE_OF_UNSENT}, lease = NULL WHERE q.lease = $1`,
        token,
      );
    }
    await sql.run("DELETE FROM leases WHERE until < $1", now);
    return count;
  });
  return freed.finally(() => marks.clear());
}
