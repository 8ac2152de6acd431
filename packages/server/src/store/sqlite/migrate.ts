import type { Db } from "./db.ts";

export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the schema up to date. Each migration is one transaction together with its number, so that one that was
 * interrupted left nothing and simply runs again.
 */
export function migrate(db: Db, migrations: readonly Migration[]): void {
  db.exec("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
  const done = db.row<{ last: number | null }>("SELECT max(number) AS last FROM migrations")?.last ?? 0;
  const newest = migrations.at(-1)?.number ?? 0;
  if (done > newest) {
    throw new Error(
      `The database was written by a newer release (schema ${done}; this release knows ${newest}). Start that release, or restore a backup.`,
    );
  }
  for (const { number, name, sql } of migrations) {
    if (number <= done) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(sql);
      db.run("INSERT INTO migrations (number, name) VALUES (?, ?)", number, name);
      db.exec("COMMIT");
    } catch (error) {
      db.rollback();
      throw error;
    }
  }
}
