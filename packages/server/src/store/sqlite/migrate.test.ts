import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Db } from "./db.ts";
import { type Migration, migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { connect } from "./open.ts";

const one: Migration = { number: 1, name: "one", sql: "CREATE TABLE one (a INTEGER) STRICT" };
const two: Migration = {
  number: 2,
  name: "two",
  sql: "CREATE TABLE two (a INTEGER); INSERT INTO two VALUES (1)",
};

describe("migrations", () => {
  let folder: string;
  let db: Db;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ticketrail-migrate-"));
    db = connect({ path: join(folder, "hub.db"), role: "writer" });
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const tables = () =>
    db.rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
  const done = () => db.rows<{ number: number }>("SELECT number FROM migrations").map(({ number }) => number);

  it("run once each, in order", () => {
    migrate(db, [one]);
    migrate(db, [one, two]);
    migrate(db, [one, two]);
    expect(done()).toEqual([1, 2]);
    expect(db.rows("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  it("leave nothing of one that failed half way, and run it again the next time", () => {
    const broken: Migration = { ...two, sql: `${two.sql}; INSERT INTO nowhere VALUES (1)` };
    expect(() => migrate(db, [one, broken])).toThrow("nowhere");
    expect(tables()).not.toContain("two");
    expect(done()).toEqual([1]);
    migrate(db, [one, two]);
    expect(done()).toEqual([1, 2]);
    expect(db.rows("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  it("leave nothing of one during which the process died", () => {
    migrate(db, [one]);
    db.exec("BEGIN IMMEDIATE");
    db.exec(two.sql);
    const copy = join(folder, "copy");
    cpSync(join(folder, "hub.db"), join(copy, "hub.db"));
    cpSync(join(folder, "hub.db-wal"), join(copy, "hub.db-wal"));
    db.rollback();
    db.close();
    db = connect({ path: join(copy, "hub.db"), role: "writer" });
    expect(tables()).not.toContain("two");
    migrate(db, [one, two]);
    expect(done()).toEqual([1, 2]);
  });

  it("refuse a database of a newer release", () => {
    migrate(db, [one, two]);
    expect(() => migrate(db, [one])).toThrow("newer release");
  });

  it("are numbered without gaps", () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });
});
