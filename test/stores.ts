import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreDriver } from "../packages/server/src/store/driver.ts";
import { makeDatabase } from "../packages/server/src/store/postgres/database.fixture.ts";
import { openPostgres } from "../packages/server/src/store/postgres/index.ts";
import { openSqlite } from "../packages/server/src/store/sqlite/index.ts";

/** A driver on an empty store of its own. */
export interface TestStore {
  readonly driver: StoreDriver;
  remove(): Promise<void>;
}

/** Memory-backed where there is such a folder: what is proved with it does not depend on the disk. */
export async function openEmbedded(): Promise<TestStore> {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ticketrail-store-"));
  const driver = await openSqlite({ path: join(folder, "hub.db"), threads: false });
  return {
    driver,
    remove: async () => {
      await driver.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A database of its own on the server of the whole run. */
export async function openServer(): Promise<TestStore> {
  const database = await makeDatabase();
  const driver = await openPostgres({ url: database.url, connections: 4 });
  return {
    driver,
    remove: async () => {
      await driver.close();
      await database.drop();
    },
  };
}
