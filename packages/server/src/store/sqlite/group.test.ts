import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Audit } from "../driver.ts";
import type { Db } from "./db.ts";
import { type Call, runGroup } from "./group.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { connect } from "./open.ts";

const audit: Audit = { id: "aud_1", at: 0, actor: "operator", action: "test", storeId: null, targetId: "x" };
const createStore = (id: string): Call => ({
  verb: "createStore",
  args: [
    {
      id,
      tenantId: "ten_1",
      externalId: null,
      currency: "EUR",
      exponent: 2,
      name: "Trattoria",
      timezone: "Europe/Rome",
      plan: "starter",
      acceptWithinMinutes: 10,
      createdAt: 0,
    },
    audit,
  ],
});

describe("a group of calls", () => {
  let folder: string;
  let db: Db;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ticketrail-group-"));
    db = connect({ path: join(folder, "hub.db"), role: "writer" });
    migrate(db, MIGRATIONS);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const stores = () => db.rows<{ id: string }>("SELECT id FROM stores ORDER BY id").map(({ id }) => id);
  const refuseCommits = () => {
    db.exec(`PRAGMA foreign_keys = ON;
      CREATE TABLE parent (num INTEGER PRIMARY KEY);
      CREATE TABLE child (num INTEGER REFERENCES parent (num) DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER orphan AFTER INSERT ON stores WHEN new.id = 'store_bad'
        BEGIN INSERT INTO child VALUES (7); END`);
  };

  it("fails whole when its commit fails, and leaves nothing of itself", () => {
    refuseCommits();
    const outcomes = runGroup(db, [createStore("store_a"), createStore("store_bad")]);
    for (const outcome of outcomes) {
      expect(outcome).toEqual({
        error: expect.objectContaining({ message: expect.stringContaining("FOREIGN KEY") }),
      });
    }
    expect(stores()).toEqual([]);
    expect(runGroup(db, [createStore("store_b")])).toEqual([
      { value: expect.objectContaining({ id: "store_b" }) },
    ]);
    expect(stores()).toEqual(["store_b"]);
  });

  it("answers each call in its place, though calls of one verb are run together", () => {
    const missing: Call = { verb: "recordAttempts", args: [[]] };
    const outcomes = runGroup(db, [
      missing,
      createStore("store_a"),
      { verb: "getStore", args: ["store_a"] },
      missing,
      { verb: "acceptEvent", args: [{ event: { storeId: "store_x" } }] },
    ]);
    expect(outcomes).toEqual([
      { value: [] },
      { value: expect.objectContaining({ id: "store_a" }) },
      { value: expect.objectContaining({ id: "store_a" }) },
      { value: [] },
      { error: expect.objectContaining({ message: "There is no store store_x." }) },
    ]);
  });
});
