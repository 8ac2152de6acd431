import type { StoreDriver } from "../packages/server/src/store/driver.ts";
import { makeDatabase } from "../packages/server/src/store/postgres/database.fixture.ts";
import { openPostgres } from "../packages/server/src/store/postgres/index.ts";
import { IN_MEMORY, openSqlite } from "../packages/server/src/store/sqlite/index.ts";

/** A driver on an empty store of its own. */
export interface TestStore {
  readonly driver: StoreDriver;
  remove(): Promise<void>;
}

/** In memory: what is proved with it does not depend on a file, and half of a transaction's time goes into one. */
export async function openEmbedded(): Promise<TestStore> {
  const driver = await openSqlite({ path: IN_MEMORY });
  return { driver, remove: () => driver.close() };
}

/** A database of its own on the server of the whole run. */
export async function openServer(): Promise<TestStore> {
  const database = await makeDatabase();
  const { url, directUrl } = database;
  const driver = await openPostgres({ url, directUrl, connections: 4 });
  return {
    driver,
    remove: async () => {
      await driver.close();
      await database.drop();
    },
  };
}
