import { threadId } from "node:worker_threads";
import pg from "pg";
import { inject } from "vitest";
import type { Opened } from "../conformance/world.ts";
import type { StoreDriver } from "../driver.ts";
import { openPostgres, type PostgresOptions } from "./index.ts";

export interface TestDatabase {
  /** For the driver: PgBouncer's where the run goes through it. */
  readonly url: string;
  /** PostgreSQL's own. */
  readonly directUrl: string;
  run<Row>(sql: string, ...values: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

let count = 0;

/** A database of its own, with the schema or without, on the server of the whole run. */
export async function makeDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = `test_${process.pid}_${threadId}_${++count}`;
  const named = (url: string) => url.replace(/\/postgres$/, `/${name}`);
  const directUrl = named(server);
  await runOnce(server, `CREATE DATABASE ${name} TEMPLATE ${empty ? "template0" : "template1"}`);
  return {
    url: named(inject("pgbouncerUrl") ?? server),
    directUrl,
    run: (sql, ...values) => runOnce(directUrl, sql, values),
    drop: async () => {
      await runOnce(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runOnce<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** A driver on a database of its own. What is committed is what a process finds that starts after a kill. */
export async function databaseOf(options: Partial<PostgresOptions> = {}): Promise<Opened> {
  const database = await makeDatabase();
  const drivers: StoreDriver[] = [];
  const start = async () => {
    const { url, directUrl } = database;
    const driver = await openPostgres({ url, directUrl, connections: 4, ...options });
    drivers.push(driver);
    return driver;
  };
  return {
    driver: await start(),
    reopen: start,
    close: async () => {
      for (const driver of drivers) await driver.close();
      await database.drop();
    },
  };
}
