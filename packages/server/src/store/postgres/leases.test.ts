import { afterEach, beforeEach, expect, it } from "vitest";
import { T0, World } from "../conformance/world.ts";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { Database } from "./database.ts";
import { openPostgres } from "./index.ts";
import { recoverLeases } from "./leases.ts";
import { Marks } from "./marks.ts";

const ENDPOINT = 1;
const MARK = T0 + 60_000;

let database: TestDatabase;
let world: World;
let db: Database;
beforeEach(async () => {
  database = await makeDatabase();
  const driver = await openPostgres({ url: database.url });
  world = new World({ driver, reopen: async () => driver, close: () => driver.close() });
  db = new Database(database.url, { connections: 1 });
});
afterEach(async () => {
  await db.close();
  await world.driver.close();
  await database.drop();
});

/** The marks, after what has lapsed was looked for. */
async function recovered() {
  const marks = new Marks();
  marks.advance(ENDPOINT, MARK, marks.age, T0);
  const before = marks.of(ENDPOINT);
  const context = { db, marks, upkeep: { walkedAt: T0 } } as unknown as Parameters<typeof recoverLeases>[0];
  const freed = await recoverLeases(context, { now: T0, everything: false });
  const [{ left } = { left: -1 }] = await database.run<{ left: number }>(
    "SELECT count(*)::int AS left FROM leases",
  );
  return { freed, stays: marks.of(ENDPOINT) === before, left };
}

it("a lease that lapses when all under it is settled makes no claim walk over everything", async () => {
  const store = await world.store();
  await world.queue(store, await world.endpoint(store));
  await database.run("INSERT INTO leases (token, until) VALUES ('lease_a', $1), ('lease_b', $1)", T0 - 1);
  expect(await recovered()).toEqual({ freed: 0, stays: true, left: 0 });
});

it("what comes back with a lease that lapsed is found, however long ago it was due", async () => {
  const store = await world.store();
  await world.queue(store, await world.endpoint(store));
  await database.run("INSERT INTO leases (token, until) VALUES ('lease_a', $1), ('lease_b', $1)", T0 - 1);
  await database.run("UPDATE queue SET lease = 'lease_b'");
  expect(await recovered()).toEqual({ freed: 1, stays: false, left: 0 });
});
