import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqlite } from "./index.ts";

/** Holds the lock as a process of its own would, until it is killed. */
const HOLDER = `
const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve("libsql"))});
const db = new Database(process.argv[1]);
db.exec("BEGIN EXCLUSIVE");
process.send("held");
setInterval(() => {}, 1000);
`;

describe("a database file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ticketrail-owner-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is made with its folder when it is not there", async () => {
    const driver = await openSqlite({ path: join(folder, "a", "b", "hub.db") });
    await driver.ping();
    await driver.close();
  });

  it("has one owner: another is refused until the first has closed it", async () => {
    const path = join(folder, "hub.db");
    const first = await openSqlite({ path });
    await expect(openSqlite({ path })).rejects.toThrow(`${path} is in use by another process`);
    await first.ping();
    await first.close();
    await (await openSqlite({ path })).close();
  });

  it("is free again at once when its owner is killed", async () => {
    const path = join(folder, "hub.db");
    const stdio: StdioOptions = ["ignore", "inherit", "inherit", "ipc"];
    const owner = spawn(process.execPath, ["-e", HOLDER, `${path}.lock`], { stdio });
    await once(owner, "message");
    await expect(openSqlite({ path })).rejects.toThrow("is in use by another process");
    const exited = once(owner, "exit");
    owner.kill("SIGKILL");
    await exited;
    await (await openSqlite({ path })).close();
  });

  it("is refused with its reason when it is not a database", async () => {
    await expect(openSqlite({ path: import.meta.filename })).rejects.toMatchObject({
      name: "StorageUnavailable",
    });
    await rm(`${import.meta.filename}.lock`);
  });
});
