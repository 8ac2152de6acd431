import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { Database } from "./database.ts";
import { openPostgres } from "./index.ts";
import { type Migration, migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";

const one: Migration = { number: 1, name: "one", sql: "CREATE TABLE one (a integer)" };
const two: Migration = {
  number: 2,
  name: "two",
  sql: "CREATE TABLE two (a integer); INSERT INTO two VALUES (1)",
};

describe("migrations", () => {
  let database: TestDatabase;
  let db: Database;
  beforeEach(async () => {
    database = await makeDatabase({ empty: true });
    db = new Database(database.url, { connections: 2 });
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  const done = async () =>
    (await database.run<{ number: number }>("SELECT number FROM migrations ORDER BY 1")).map(
      ({ number }) => number,
    );

  it("run once each, in order, however many processes start at once", async () => {
    const others = [1, 2, 3].map(() => new Database(database.url, { connections: 2 }));
    await Promise.all(others.map((other) => migrate(other, [one, two])));
    await Promise.all(others.map((other) => other.close()));
    expect(await done()).toEqual([1, 2]);
    expect(await database.run("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  it("leave nothing of one that failed half way, and run it again the next time", async () => {
    const broken: Migration = { ...two, sql: `${two.sql}; INSERT INTO nowhere VALUES (1)` };
    await expect(migrate(db, [one, broken])).rejects.toThrow("nowhere");
    expect(await done()).toEqual([1]);
    await migrate(db, [one, two]);
    expect(await done()).toEqual([1, 2]);
  });

  it("go on after a process that died in the middle of one", async () => {
    await migrate(db, [one]);
    const dying = new pg.Client({ connectionString: database.url });
    dying.on("error", () => undefined);
    await dying.connect();
    await dying.query(`BEGIN; SELECT pg_advisory_xact_lock(7215046001); ${two.sql}`);
    const waiting = migrate(db, [one, two]);
    await database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; %'");
    await waiting;
    expect(await done()).toEqual([1, 2]);
    expect(await database.run("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  it("refuse a database of a newer release", async () => {
    await (await openPostgres({ url: database.url })).close();
    await database.run("INSERT INTO migrations VALUES (999, 'later')");
    await expect(openPostgres({ url: database.url })).rejects.toThrow("newer release");
  });

  it("are numbered without gaps", () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });
});
