import type { Database } from "./database.ts";

export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Any number: two programs that migrate one database must only agree on it. */
const LOCK = 7_215_046_001;

/**
 * Brings the schema up to date. Each migration is one transaction together with its number, so that one that was
 * interrupted left nothing and simply runs again; the lock ends with the transaction, so that processes that start
 * together wait for the first, and for none that has died.
 */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<void> {
  const newest = migrations.at(-1)?.number ?? 0;
  for (;;) {
    const done = await lastDone(db);
    if (done > newest) {
      throw new Error(
        `The database was written by a newer release (schema ${done}; this release knows ${newest}). Start that release, or restore a backup.`,
      );
    }
    if (done === newest) return;
    await db.transaction(async (sql) => {
      await sql.run("SELECT pg_advisory_xact_lock($1)", LOCK);
      await sql.run("CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL)");
      const row = await sql.row<{ last: number | null }>("SELECT max(number) AS last FROM migrations");
      const next = migrations.find(({ number }) => number === (row?.last ?? 0) + 1);
      // Another process has done it meanwhile.
      if (!next) return;
      await sql.run(next.sql);
      await sql.run("INSERT INTO migrations (number, name) VALUES ($1, $2)", next.number, next.name);
    });
  }
}

async function lastDone(db: Database): Promise<number> {
  const there = await db.row<{ there: boolean }>("SELECT to_regclass('migrations') IS NOT NULL AS there");
  if (!there?.there) return 0;
  return (await db.row<{ last: number | null }>("SELECT max(number) AS last FROM migrations"))?.last ?? 0;
}
