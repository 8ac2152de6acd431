import type { Beat } from "../driver.ts";
import type { Context } from "./context.ts";

/** Rows that others are at are left to them: two that beat at once would else wait for each other. */
const SWEEP = `DELETE FROM processes WHERE id IN (
  SELECT id FROM processes WHERE until <= $1 AND id <> $2 ORDER BY id FOR UPDATE SKIP LOCKED)`;

export async function beat(
  { db, presence }: Context,
  { process, until, now }: { readonly process: string; readonly until: number; readonly now: number },
): Promise<Beat> {
  const server = await presence.keep(process);
  return db.transaction(async (sql) => {
    const row = await sql.row<{ isNew: boolean }>(
      `INSERT INTO processes (id, until, server) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET until = excluded.until, server = excluded.server
       RETURNING xmax = 0 AS "isNew"`,
      process,
      until,
      server,
    );
    await sql.run(SWEEP, now, process);
    const rows = await sql.rows<{ id: string }>("SELECT id FROM processes WHERE until > $1 ORDER BY id", now);
    return { isNew: row?.isNew === true, live: rows.map(({ id }) => id) };
  });
}

export async function liveProcesses({ db }: Context, now: number): Promise<readonly string[]> {
  const rows = await db.rows<{ id: string }>("SELECT id FROM processes WHERE until > $1 ORDER BY id", now);
  return rows.map(({ id }) => id);
}

export async function leave({ db, presence }: Context, process: string): Promise<void> {
  await db.run("DELETE FROM processes WHERE id = $1", process);
  await presence.drop(process);
}

/** One statement: two that ask for one lane at once wait for each other at its row. */
const HOLD = `INSERT INTO lane_holds AS l (tenant, endpoint, holder, until)
  SELECT e.tenant, e.num, $1::text, $2::bigint FROM endpoints e WHERE e.id = ANY ($4::text[]) ORDER BY e.tenant, e.num
  ON CONFLICT (tenant, endpoint) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE l.holder = excluded.holder OR l.until <= $3
  RETURNING l.tenant, l.endpoint`;

export async function holdLanes(
  { db }: Context,
  input: {
    readonly holder: string;
    readonly until: number;
    readonly now: number;
    readonly endpointIds: readonly string[];
  },
): Promise<readonly string[]> {
  const { holder, until, now, endpointIds } = input;
  const rows = await db.rows<{ id: string }>(
    `WITH held AS (${HOLD}) SELECT e.id FROM held h JOIN endpoints e ON e.tenant = h.tenant AND e.num = h.endpoint`,
    holder,
    until,
    now,
    endpointIds,
  );
  const held = new Set(rows.map(({ id }) => id));
  return endpointIds.filter((id) => held.has(id));
}

export async function releaseLanes(
  { db }: Context,
  { holder, endpointIds }: { readonly holder: string; readonly endpointIds: readonly string[] },
): Promise<void> {
  await db.run(
    `DELETE FROM lane_holds l USING endpoints e
     WHERE e.id = ANY ($2::text[]) AND l.tenant = e.tenant AND l.endpoint = e.num AND l.holder = $1`,
    holder,
    endpointIds,
  );
}
