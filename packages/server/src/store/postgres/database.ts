import pg from "pg";
import { StorageUnavailable } from "../driver.ts";
import { closed, mayTryAgain, toStorageError } from "./errors.ts";
import { clean, toNumbers, type Value } from "./values.ts";

/** Connecting takes no longer than this, a statement no longer than that: a server that says nothing is given up. */
const CONNECT_MS = 2_000;
const STATEMENT_MS = 10_000;
/** For the groups and the claims, so that no list makes them wait. */
const HOT_CONNECTIONS = 3;
const TRIES = 5;
const IDLE_MS = 30_000;

const INT8 = 20;
const INT8_ARRAY = 1016;
/** Numbers are times and row numbers, all of them safe integers. */
const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") => {
    if (oid === INT8) return Number;
    if (oid === INT8_ARRAY) return toNumbers;
    return pg.types.getTypeParser(oid, format ?? "text");
  }) as typeof pg.types.getTypeParser,
};

/** Runs statements, each answered by its rows. */
export interface Sql {
  rows<Row>(sql: string, ...values: Value[]): Promise<Row[]>;
  row<Row>(sql: string, ...values: Value[]): Promise<Row | undefined>;
  /** How many rows were changed. */
  run(sql: string, ...values: Value[]): Promise<number>;
}

export interface Limits {
  /** For everything but the groups and the claims. */
  readonly connections: number;
  readonly statementMs?: number;
}

/** Connections to one database; keeps no state in a session, so that PgBouncer may stand between. */
export class Database implements Sql {
  readonly url: string;
  readonly #hot: pg.Pool;
  readonly #rest: pg.Pool;
  readonly #statementMs: number;
  readonly #broken = new WeakSet<pg.PoolClient>();
  #open = true;

  constructor(url: string, { connections, statementMs = STATEMENT_MS }: Limits) {
    this.url = url;
    this.#statementMs = statementMs;
    this.#hot = poolOf(url, HOT_CONNECTIONS);
    this.#rest = poolOf(url, connections);
  }

  /** One statement that is a transaction by itself, on a connection kept free for those that cannot wait. */
  hot<Row>(sql: string, values: readonly Value[]): Promise<Row[]> {
    return this.#retried(() =>
      this.#with(this.#hot, async (client) => (await this.#send(client, sql, values)).rows as Row[]),
    );
  }

  async rows<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#with(this.#rest, async (client) => (await this.#send(client, sql, values)).rows as Row[]);
  }

  async row<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.rows<Row>(sql, ...values))[0];
  }

  async run(sql: string, ...values: Value[]): Promise<number> {
    return this.#with(this.#rest, async (client) => (await this.#send(client, sql, values)).rowCount ?? 0);
  }

  /** Runs it again from the start where it met another transaction; else it may not have happened at all. */
  transaction<Result>(run: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#retried(() =>
      this.#with(this.#rest, async (client) => {
        await this.#send(client, "BEGIN", []);
        try {
          const result = await run(this.#sqlOver(client));
          await this.#send(client, "COMMIT", []);
          return result;
        } catch (error) {
          if (!this.#broken.has(client)) await this.#send(client, "ROLLBACK", []).catch(() => undefined);
          throw error;
        }
      }),
    );
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Promise.all([this.#hot.end(), this.#rest.end()]);
  }

  #sqlOver(client: pg.PoolClient): Sql {
    const send = (sql: string, values: readonly Value[]) => this.#send(client, sql, values);
    return {
      rows: async <Row>(sql: string, ...values: Value[]) => (await send(sql, values)).rows as Row[],
      row: async <Row>(sql: string, ...values: Value[]) =>
        (await send(sql, values)).rows[0] as Row | undefined,
      run: async (sql: string, ...values: Value[]) => (await send(sql, values)).rowCount ?? 0,
    };
  }

  async #with<Result>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    if (!this.#open) throw closed();
    const client = await pool.connect().catch((error) => {
      throw toStorageError(error);
    });
    try {
      return await use(client);
    } finally {
      client.release(this.#broken.has(client));
    }
  }

  async #send(client: pg.PoolClient, sql: string, values: readonly Value[]): Promise<pg.QueryResult> {
    // A server that has gone silent: the connection is closed under the statement, which then fails.
    const timer = setTimeout(() => {
      (
        client as unknown as { connection: { stream: { destroy(error: Error): void } } }
      ).connection.stream.destroy(
        new StorageUnavailable(`The database has not answered for ${this.#statementMs} ms.`),
      );
    }, this.#statementMs);
    try {
      return await client.query(
        sql,
        values.map((value) => (typeof value === "string" ? clean(value) : value)),
      );
    } catch (error) {
      // A refusal by the server leaves the connection as it was; anything else leaves it in the middle of something.
      if (!(error instanceof pg.DatabaseError) || toStorageError(error) instanceof StorageUnavailable) {
        this.#broken.add(client);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #retried<Result>(run: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (tries >= TRIES || !mayTryAgain(error)) throw toStorageError(error);
      }
    }
  }
}

function poolOf(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    types,
  });
  // One that breaks while it is in use fails its statement, and says so besides; unheard, that would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  // An idle connection that breaks is replaced when the next one is asked for.
  pool.on("error", () => undefined);
  return pool;
}
