import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acceptConformance } from "../conformance/accept.ts";
import { operationConformance } from "../conformance/upkeep.ts";
import { World } from "../conformance/world.ts";
import { folderOf } from "./folder.fixture.ts";

const built = new URL("../../../dist/store/sqlite/index.js", import.meta.url);

// A thread runs JavaScript alone, so that these run what `npm run build` made, and are skipped before the first build.
describe.skipIf(!existsSync(built))("the store with threads", async () => {
  const { openSqlite } = existsSync(built) ? await import(built.href) : { openSqlite: null };
  const open = () => folderOf((path) => openSqlite({ path, threads: true }));

  describe("accepting events", () => acceptConformance(open));
  describe("operation", () => operationConformance(open));

  it("refuses to open a file that another holds, and leaves no thread behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ticketrail-threads-"));
    const path = join(folder, "hub.db");
    const driver = await openSqlite({ path, threads: true });
    await expect(openSqlite({ path, threads: true })).rejects.toThrow("is in use by another process");
    await driver.close();
    await (await openSqlite({ path, threads: true })).close();
    await rm(folder, { recursive: true });
  });

  it("fails a call whose arguments cannot go over to a thread, and goes on", async () => {
    const opened = await open();
    const world = new World(opened);
    const uncopyable = { limit: 1, cursor: null, storeId: (() => "") as unknown as string };
    await expect(opened.driver.listEvents(uncopyable)).rejects.toMatchObject({ name: "DataCloneError" });
    const store = await world.store();
    expect((await opened.driver.listStores({ limit: 9, cursor: null })).rows).toEqual([store]);
    await world.close();
  });
});
