import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Db } from "./db.ts";

export type Role = "writer" | "reader";

/** Negative: KiB. The writer keeps the hot ends of all its tables in memory. */
const CACHE_SIZE: Readonly<Record<Role, number>> = { writer: -16_384, reader: -4_096 };
const BUSY_TIMEOUT_MS = 5_000;
/** 4 MB: a checkpoint holds up the group that causes it, so that often and short is better than seldom and long. */
const CHECKPOINT_PAGES = 1_000;

export interface Connection {
  readonly path: string;
  readonly role: Role;
  /** Tests only: the file may not grow beyond this. */
  readonly maxPages?: number;
}

export function connect({ path, role, maxPages }: Connection): Db {
  const db = new Db(path, BUSY_TIMEOUT_MS);
  db.exec("PRAGMA journal_mode = WAL");
  // Every commit is on the disk when it is answered.
  db.exec("PRAGMA synchronous = FULL");
  db.exec(`PRAGMA cache_size = ${CACHE_SIZE[role]}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.exec("PRAGMA temp_store = MEMORY");
  if (role === "reader") db.exec("PRAGMA query_only = ON");
  if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`);
  return db;
}

/** Leaves everything in the one file. */
export function disconnect(db: Db): void {
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/**
 * Holds the database for this process: an exclusive transaction on a file beside it, which the operating system
 * lets go even when the process is killed. Two writers with leases in one file would send twice.
 */
export function lock(path: string): Db {
  mkdirSync(dirname(resolve(path)), { recursive: true });
  const db = new Db(`${path}.lock`, 0);
  try {
    db.exec("BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db.close();
    if ((error as { code?: unknown }).code !== "SQLITE_BUSY") throw error;
    throw new Error(
      `The database ${path} is in use by another process. Stop it first, or use another file.`,
      {
        cause: error,
      },
    );
  }
}
