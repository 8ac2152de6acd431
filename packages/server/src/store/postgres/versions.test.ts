import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { T0, World } from "../conformance/world.ts";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { Database } from "./database.ts";
import { openPostgres } from "./index.ts";
import { type Migration, migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";

const known = MIGRATIONS.length;

/** Every table gets what it may get while the release before runs. */
const EXPAND = `
  DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migrations'
    LOOP
      EXECUTE format('ALTER TABLE %I ADD COLUMN later text, ADD COLUMN later_still integer NOT NULL DEFAULT 7', t);
    END LOOP;
  END $$;
  CREATE TABLE later (a integer PRIMARY KEY);
  CREATE INDEX orders_later ON orders (later);
  CREATE FUNCTION intake_later() RETURNS integer LANGUAGE sql AS 'SELECT 1';`;
const expand: Migration = { number: known + 1, name: "expand", sql: EXPAND, worksFrom: known };
/** Takes away what the release before used. */
const contract: Migration = { number: known + 2, name: "contract", sql: "DROP TABLE later" };

describe("two releases on one database", () => {
  let database: TestDatabase;
  let world: World;
  beforeEach(async () => {
    database = await makeDatabase();
    const { url, directUrl } = database;
    const open = () => openPostgres({ url, directUrl, connections: 4 });
    world = new World({ driver: await open(), reopen: open, close: async () => undefined });
  });
  afterEach(async () => {
    await world.driver.close();
    await database.drop();
  });

  async function migrateTo(...later: Migration[]): Promise<void> {
    const db = new Database(database.url, { connections: 1 });
    await migrate(db, [...MIGRATIONS, ...later]).finally(() => db.close());
  }

  /** What becomes of an event: sent, retried, given up, replayed, claimed again, forgotten. */
  async function life(): Promise<void> {
    const store = await world.store();
    const [endpoint, other] = [await world.endpoint(store), await world.endpoint(store)];
    await world.settle(await world.publishOne(store, endpoint), endpoint);
    const id = await world.publishOne(store, endpoint);
    await world.settle(id, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 + 1 } });
    await world.queue(store, other);
    await world.claim(store, [endpoint, other], { now: T0 + 1 });
    const settlement = { status: "dead_letter", refused: false } as const;
    await world.settle(id, endpoint, { settlement, token: "lease_b", attempt: { number: 2 } });
    expect(await world.delivery(id)).toMatchObject({ status: "dead_letter", attempts: [{}, {}] });
    await world.driver.replayDelivery(id, T0 + 2, world.audit());
    const again = await world.claim(store, [endpoint], { now: T0 + 2, token: "lease_c" });
    expect(again.deliveries.map((delivery) => delivery.id)).toContain(id);
    await world.settle(id, endpoint, { token: "lease_c", attempt: { number: 3 } });
    await world.driver.deleteEndpoint(other.id, world.audit());
    await world.driver.recoverLeases({ now: T0 + 120_000, everything: false });
    expect(await world.driver.cancelDeliveries({ now: T0 + 120_000, limit: 10 })).toBe(1);
    expect(await world.delivery(id)).toMatchObject({ status: "delivered", attempts: [{}, {}, {}] });
  }

  it("an older one goes on while a newer one expands the schema, and may start beside it", async () => {
    await life();
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    let migrating = true;
    const migrated = migrateTo(expand).finally(() => {
      migrating = false;
    });
    // Under load, so that its plans are cached and its statements are under way when the tables change.
    const client = async () => {
      while (migrating) await world.settle(await world.publishOne(store, endpoint), endpoint);
    };
    await Promise.all(Array.from({ length: 4 }, client));
    await migrated;
    await life();
    const before = world.driver;
    await world.crash();
    await before.close();
    await life();
  });

  it("an older one is refused once a newer one has taken away what it relies on, and is told what works", async () => {
    await migrateTo(expand, contract);
    await expect(world.crash()).rejects.toThrow(
      `newer release (schema ${known + 2}, on which releases from schema ${known + 2} on work; this release knows ${known})`,
    );
  });

  it("an older one is refused where only some of the newer changes suit it", async () => {
    await migrateTo({ ...expand, worksFrom: known + 1 }, { ...contract, worksFrom: known });
    await expect(world.crash()).rejects.toThrow(`releases from schema ${known + 1} on work`);
  });
});
