import { setTimeout } from "node:timers/promises";
import type { Database } from "./database.ts";
import { codeOf } from "./errors.ts";

export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /**
   * The oldest schema whose releases work on this one as well, whether they run already or start later. Absent: they
   * must be stopped first, and are refused afterwards.
   */
  readonly worksFrom?: number;
}

export interface MigrateOptions {
  /** How long a migration waits for a table that others use, before it lets them go first. */
  readonly lockMs?: number;
  /** How long it lets them. */
  readonly pauseMs?: number;
}

/** Any number: two programs that migrate one database must only agree on it. */
const LOCK = 7_215_046_001;
const LOCK_NOT_AVAILABLE = "55P03";
/** What waits for a table makes all others wait that come after it: this long they can bear. */
const LOCK_MS = 2_000;
const PAUSE_MS = 500;
const TRIES = 60;
/** `worksFrom` is as the migration has it; a table from before it is given the column. */
const TABLE = `CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL, works_from integer);
  ALTER TABLE migrations ADD COLUMN IF NOT EXISTS works_from integer`;

/**
 * Brings the schema up to date. Each migration is one transaction together with its number, so that one that was
 * interrupted left nothing and simply runs again; the lock ends with the transaction, so that processes that start
 * together wait for the first, and for none that has died. `db` must have the patience for that.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[],
  { lockMs = LOCK_MS, pauseMs = PAUSE_MS }: MigrateOptions = {},
): Promise<void> {
  for (let tries = 1; !(await isMigrated(db, migrations)); ) {
    try {
      await step(db, migrations, lockMs);
    } catch (error) {
      if (!isLocked(error) || ++tries > TRIES) throw error;
      await setTimeout(pauseMs);
    }
  }
}

/** Whether there is nothing left to do. Rejects where a newer release has changed what this one relies on. */
export async function isMigrated(db: Database, migrations: readonly Migration[]): Promise<boolean> {
  const newest = migrations.at(-1)?.number ?? 0;
  const there = await db.row<{ there: boolean }>("SELECT to_regclass('migrations') IS NOT NULL AS there");
  if (!there?.there) return newest === 0;
  const done =
    (await db.row<{ last: number | null }>("SELECT max(number) AS last FROM migrations"))?.last ?? 0;
  if (done <= newest) return done === newest;
  const needed = await db.row<{ oldest: number }>(
    "SELECT max(coalesce(works_from, number)) AS oldest FROM migrations WHERE number > $1",
    newest,
  );
  if (needed && needed.oldest <= newest) return true;
  throw new Error(
    `The database was written by a newer release (schema ${done}, on which releases from schema ${needed?.oldest} on work; this release knows ${newest}). Start that release, or restore a backup.`,
  );
}

/** The next one, by whichever process is first. */
const step = (db: Database, migrations: readonly Migration[], lockMs: number): Promise<void> =>
  db.transaction(async (sql) => {
    await sql.run("SELECT pg_advisory_xact_lock($1)", LOCK);
    await sql.run(`SET LOCAL lock_timeout = ${lockMs}`);
    await sql.run(TABLE);
    const row = await sql.row<{ last: number | null }>("SELECT max(number) AS last FROM migrations");
    const next = migrations.find(({ number }) => number === (row?.last ?? 0) + 1);
    // Another process has done it meanwhile.
    if (!next) return;
    await sql.run(next.sql);
    await sql.run(
      "INSERT INTO migrations (number, name, works_from) VALUES ($1, $2, $3)",
      next.number,
      next.name,
      next.worksFrom ?? null,
    );
  });

const isLocked = (error: unknown): boolean =>
  codeOf(error instanceof Error && error.cause ? error.cause : error) === LOCK_NOT_AVAILABLE;
