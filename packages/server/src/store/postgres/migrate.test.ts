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

  it("leave nothing of one that was killed half way, and the process that waits for it does it", async () => {
    await migrate(db, [one]);
    const held = await holding(database, "SELECT pg_advisory_xact_lock(1)");
    const half: Migration = { ...two, sql: `${two.sql}; SELECT pg_advisory_xact_lock(1)` };
    const other = new Database(database.url, { connections: 2 });
    const processes = [db, other].map((each) =>
      migrate(each, [one, half], { lockMs: 60_000 }).then(
        () => "migrated",
        () => "killed",
      ),
    );
    await waitingFor(database, 2);
    await database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE two%'",
    );
    await Promise.race(processes);
    await held.letGo();
    expect((await Promise.all(processes)).sort()).toEqual(["killed", "migrated"]);
    await other.close();
    expect(await done()).toEqual([1, 2]);
    expect(await database.run("SELECT a FROM two")).toEqual([{ a: 1 }]);
  });

  it("may take longer than a statement, and a process that starts waits for them as long", async () => {
    const held = await holding(database, "SELECT pg_advisory_xact_lock(7215046001)");
    const opening = openPostgres({ url: database.url, statementMs: 50 });
    await Promise.race([waitingFor(database, 1, "200 ms"), opening]);
    await held.letGo();
    await (await opening).close();
    expect(await done()).toEqual(MIGRATIONS.map(({ number }) => number));
  });

  it("let others go on that use a table which one of them waits for, and come again", async () => {
    await migrate(db, [one]);
    const held = await holding(database, "SELECT * FROM one");
    const change: Migration = { ...two, sql: "ALTER TABLE one ADD COLUMN b integer" };
    let ended = false;
    const migrating = migrate(db, [one, change], { lockMs: 100, pauseMs: 1 }).then(() => {
      ended = true;
    });
    await waitingFor(database, 1);
    // Waits behind the change at first, and is answered before that is: the other has not let go.
    expect(await database.run("SELECT a FROM one")).toEqual([]);
    expect(ended).toBe(false);
    await held.letGo();
    await migrating;
    expect(await database.run("SELECT b FROM one")).toEqual([]);
  });

  it("give up a table that is never free, with the reason", async () => {
    await migrate(db, [one]);
    const held = await holding(database, "SELECT * FROM one");
    const change: Migration = { ...two, sql: "DROP TABLE one" };
    await expect(migrate(db, [one, change], { lockMs: 1, pauseMs: 0 })).rejects.toThrow("lock timeout");
    await held.letGo();
    expect(await done()).toEqual([1]);
  });

  it("are numbered without gaps", () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });
});

/** A transaction that stays open until it is let go. */
async function holding({ url }: TestDatabase, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return {
    letGo: async () => {
      await client.query("COMMIT");
      await client.end();
    },
  };
}

/** Until so many connections have waited for a lock as long as that. */
async function waitingFor(database: TestDatabase, count: number, time = "0"): Promise<void> {
  const waiting = () =>
    database.run(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND clock_timestamp() - query_start > $1::interval`,
      time,
    );
  while ((await waiting()).length < count) await new Promise((resolve) => setImmediate(resolve));
}
