import type { LeaseGrant } from "../driver.ts";
import type { Context } from "./context.ts";

/** Of one that comes back unsent: a first attempt needs quota unless it was counted, all else is free to go. */
export const GATE_OF_UNSENT =
  "CASE WHEN q.test OR q.attempt_count > 0 THEN 1 WHEN q.counted_hour IS NOT NULL THEN 2 ELSE 0 END";

export function releaseDeliveries(
  { db, marks }: Context,
  input: { readonly token: string | null; readonly deliveryIds: readonly string[] },
): Promise<number> {
  const released = db.transaction((sql) =>
    sql.run(
      `UPDATE queue q SET gate = ${GATE_OF_UNSENT}, lease = NULL
       WHERE q.id = ANY ($1::text[]) AND q.lease IS NOT DISTINCT FROM $2`,
      input.deliveryIds,
      input.token,
    ),
  );
  return marks.returning(released);
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

/** How often it is looked for what is leased under a token that is not there: nothing should be. */
const WALK_MS = 600_000;

const FREE_KEYS = "UPDATE idempotency_keys SET lease_until = 0 WHERE answer IS NULL AND lease_until > $1";
const LAPSED = "DELETE FROM leases WHERE until < $1 RETURNING token";
/**
 * Whether any is there, and whether anything is leased under one: what has lapsed was mostly settled before. A range of one
 * token, in order, since for an equal one the queue might be read from its beginning to the end.
 */
const LAPSING = `SELECT (SELECT q.lease FROM queue q WHERE q.lease BETWEEN l.token AND l.token ORDER BY q.lease LIMIT 1)
    IS NOT NULL AS held FROM leases l WHERE l.until < $1 ORDER BY held DESC LIMIT 1`;
/** Tokens in use, each one look into the index, and past all entries there that are dead and cannot be removed yet. */
const IN_USE = `WITH RECURSIVE walk (token) AS (
    (SELECT lease FROM queue WHERE lease IS NOT NULL ORDER BY lease LIMIT 1)
    UNION ALL
    SELECT (SELECT lease FROM queue WHERE lease IS NOT NULL AND lease > walk.token ORDER BY lease LIMIT 1)
      FROM walk WHERE walk.token IS NOT NULL
  )
  SELECT w.token FROM walk w LEFT JOIN leases l ON l.token = w.token WHERE w.token IS NOT NULL AND ($1 OR l.token IS NULL)`;

export async function recoverLeases(
  { db, marks, upkeep }: Context,
  { now, everything }: { readonly now: number; readonly everything: boolean },
): Promise<number> {
  const walks = everything || Math.abs(now - upkeep.walkedAt) >= WALK_MS;
  if (walks) upkeep.walkedAt = now;
  const lapsing = walks ? null : await db.row<{ held: boolean }>(LAPSING, now);
  if (lapsing === undefined) return 0;
  const freed = db.transaction(async (sql) => {
    if (everything) await sql.run(FREE_KEYS, now);
    const tokens = await sql.rows<{ token: string }>(LAPSED, now);
    if (walks) tokens.push(...(await sql.rows<{ token: string }>(IN_USE, everything)));
    let count = 0;
    for (const { token } of tokens) {
      count += await sql.run(
        `UPDATE queue q SET gate = ${GATE_OF_UNSENT}, lease = NULL WHERE q.lease = $1`,
        token,
      );
    }
    return count;
  });
  // Without marks claims walk over everything, so they stay where nothing comes back.
  if (lapsing?.held === false && (await freed) === 0) return 0;
  return marks.returning(freed);
}
