import type pg from "pg";
import type { Lost, Presence } from "../driver.ts";
import type { Database } from "./database.ts";
import { GATE_OF_UNSENT } from "./leases.ts";
import type { Marks } from "./marks.ts";
import type { Session } from "./session.ts";

/** Any number: of the locks that processes hold for as long as they are connected. */
const LOCKS = 721_504_602;
const KEY = (id: string): string => `hashtext(${id}) & 2147483647`;
/** Which server it is, and since when it runs. */
const SERVER = "(extract(epoch FROM pg_postmaster_start_time()))::text";

/** Only a process that had such a lock, on this server or on the one before it, can have lost it. */
const IS_LOST = `p.server IS NOT NULL AND NOT EXISTS (SELECT FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.classid = ${LOCKS} AND l.objsubid = 2 AND l.objid = (${KEY("p.id")})::oid
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))`;

/**
 * An advisory lock that a process holds on a connection of its own: the server lets go of it when the process ends,
 * however it ends. Through PgBouncer a lock would belong to whoever uses the server's connection next, so that none is
 * taken, and such a process is never told to be lost.
 */
export class PostgresPresence implements Presence {
  readonly #db: Database;
  readonly #session: Session;
  readonly #marks: Marks;
  readonly #processes = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  /** Where the locks are held. */
  #server: string | null = null;

  constructor(db: Database, session: Session, marks: Marks) {
    this.#db = db;
    this.#session = session;
    this.#marks = marks;
    session.use({
      onOpen: (client) => this.#opened(client),
      onCut: () => {
        this.#server = null;
        for (const listener of this.#listeners) listener();
      },
    });
  }

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Answers the server on which the process has its lock; null where it has none. */
  async keep(process: string): Promise<string | null> {
    await this.#session.open();
    const server = this.#server;
    if (server === null || !this.#session.isThere) return null;
    if (this.#processes.has(process)) return server;
    this.#processes.add(process);
    // Where the connection has ended, the next one takes the lock.
    return (await this.#session.run(`SELECT pg_advisory_lock_shared(${LOCKS}, ${KEY("$1")})`, [process]))
      ? server
      : null;
  }

  async drop(process: string): Promise<void> {
    if (!this.#processes.delete(process)) return;
    await this.#session.run(`SELECT pg_advisory_unlock_shared(${LOCKS}, ${KEY("$1")})`, [process]);
  }

  async #opened(client: pg.Client): Promise<void> {
    this.#server = null;
    const { rows } = await client.query(`SELECT pg_backend_pid() AS pid, ${SERVER} AS server`);
    // A pooler makes up what it calls the connection's process.
    if (rows[0].pid !== (client as unknown as { processID: number }).processID) return;
    const processes = [...this.#processes];
    await client.query(
      `SELECT pg_advisory_lock_shared(${LOCKS}, ${KEY("id")}) FROM unnest($1::text[]) AS p (id)`,
      [processes],
    );
    await client.query("UPDATE processes SET server = $2 WHERE id = ANY ($1::text[])", [
      processes,
      rows[0].server,
    ]);
    this.#server = rows[0].server;
  }

  lost(now: number): Promise<readonly Lost[]> {
    return this.#db.rows<Lost>(
      `SELECT p.id AS process, p.server <> ${SERVER} AS "withServer" FROM processes p WHERE p.until > $1 AND ${IS_LOST}`,
      now,
    );
  }

  bury(process: string): Promise<boolean> {
    const buried = this.#db.transaction(async (sql) => {
      const gone = await sql.run(`DELETE FROM processes p WHERE p.id = $1 AND ${IS_LOST}`, process);
      if (gone === 0) return false;
      await sql.run("DELETE FROM lane_holds WHERE holder = $1", process);
      // A process's tokens begin with its id and a slash, which is followed by "0".
      const [from, to] = [`${process}/`, `${process}0`];
      // First, so that what it leases while it dies is free with its token's end.
      await sql.run("DELETE FROM leases WHERE token >= $1 AND token < $2", from, to);
      await sql.run(
        `UPDATE queue q SET gate = ${GATE_OF_UNSENT}, lease = NULL WHERE q.lease >= $1 AND q.lease < $2`,
        from,
        to,
      );
      return true;
    });
    return this.#marks.returning(buried);
  }
}
