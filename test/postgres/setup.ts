import type { TestProject } from "vitest/node";
import { openPostgres } from "../../packages/server/src/store/postgres/index.ts";
import { startPgbouncer } from "./pgbouncer.mjs";
import { startPostgres } from "./server.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    /** Of a server for the whole run; its database `template1` has the schema. */
    readonly postgresUrl: string;
    /** The same by way of PgBouncer, where the run is to go through it. */
    readonly pgbouncerUrl: string | null;
  }
}

/** `TEST_PGBOUNCER=1`: everything that uses PostgreSQL does so through PgBouncer, which must be installed. */
const throughPgbouncer = process.env.TEST_PGBOUNCER === "1";

/** One server for all test files: without fsync, for no power is cut here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false });
  // Every database that is made from here on has the schema from the start.
  const driver = await openPostgres({ url: server.url("template1"), connections: 1 });
  await driver.close();
  const url = server.url("postgres");
  const pgbouncer = throughPgbouncer ? await startPgbouncer(url) : null;
  project.provide("postgresUrl", url);
  project.provide("pgbouncerUrl", pgbouncer?.through(url) ?? null);
  return async () => {
    await pgbouncer?.remove();
    await server.remove();
  };
}
