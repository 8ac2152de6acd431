import type { TestProject } from "vitest/node";
import { openPostgres } from "../../packages/server/src/store/postgres/index.ts";
import { startPostgres } from "./server.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    /** Of a server for the whole run; its database `template1` has the schema. */
    readonly postgresUrl: string;
  }
}

/** One server for all test files: without fsync, for no power is cut here. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false });
  // Every database that is made from here on has the schema from the start.
  const driver = await openPostgres({ url: server.url("template1"), connections: 1 });
  await driver.close();
  project.provide("postgresUrl", server.url("postgres"));
  return () => server.remove();
}
