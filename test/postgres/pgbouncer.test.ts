import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { T0, World } from "../../packages/server/src/store/conformance/world.ts";
import type { Hint, StoreDriver } from "../../packages/server/src/store/driver.ts";
import {
  makeDatabase,
  type TestDatabase,
} from "../../packages/server/src/store/postgres/database.fixture.ts";
import { openPostgres } from "../../packages/server/src/store/postgres/index.ts";
import { type Pgbouncer, pgbouncerBinary, startPgbouncer } from "./pgbouncer.mjs";

const installed = pgbouncerBinary() !== null;
const title = installed ? "" : " (skipped: it is not installed; apt-get install pgbouncer)";

describe.skipIf(!installed)(`PgBouncer in transaction mode${title}`, () => {
  let pgbouncer: Pgbouncer;
  // Fewer connections than a process has: statements of one go to sessions that others have used.
  beforeAll(async () => {
    pgbouncer = await startPgbouncer(inject("postgresUrl"), { poolSize: 2 });
  });
  afterAll(() => pgbouncer.remove());

  /** Processes that start at once on an empty database. */
  async function opened(count: number, { direct = false } = {}): Promise<[World, readonly StoreDriver[]]> {
    const database: TestDatabase = await makeDatabase({ empty: true });
    const { directUrl } = database;
    const options = { url: pgbouncer.through(directUrl), ...(direct ? { directUrl } : {}) };
    const drivers = await Promise.all(Array.from({ length: count }, () => openPostgres(options)));
    const close = async () => {
      for (const driver of drivers) await driver.close();
      await database.drop();
    };
    const [driver] = drivers as [StoreDriver];
    return [new World({ driver, reopen: () => Promise.reject(new Error("Not here.")), close }), drivers];
  }

  test("processes that start at once migrate, and share what they take in, claim and write down", async () => {
    const [world, drivers] = await opened(3);
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const events = Array.from({ length: 60 }, () => world.anEvent(store, [endpoint], { handOff: false }));
    await Promise.all(events.map((event, index) => drivers[index % 3]?.acceptEvent(event)));
    const claimed = await Promise.all(
      drivers.map((driver, index) =>
        driver.claimDue({
          now: T0,
          holder: null,
          lease: { token: `lease_${index}`, until: T0 + 30_000 },
          storeId: store.id,
          lanes: [{ endpointId: endpoint.id, max: 20 }],
          quota: { hour: 1, limit: null },
          except: [],
        }),
      ),
    );
    const records = claimed.map(({ deliveries }, index) =>
      deliveries.map(({ id }) => world.aRecord(id, endpoint, { token: `lease_${index}` })),
    );
    const applied = await Promise.all(records.map((each, index) => drivers[index]?.recordAttempts(each)));
    expect(applied.flat().every((each) => each)).toBe(true);
    const counts = await world.driver.countDeliveries({});
    expect(counts).toMatchObject({ delivered: records.flat().length });
    expect(counts.delivered + counts.pending).toBe(60);
    await world.close();
  });

  test("hints are heard where PostgreSQL's own address is given", async () => {
    const [world, [one, other]] = await opened(2, { direct: true });
    const heard = new Promise<Hint>((resolve) => other?.hints?.listen(resolve));
    const again = setInterval(() => one?.hints?.say({ kind: "due", endpointIds: ["wh_1"] }), 50);
    expect(await heard).toEqual({ kind: "due", endpointIds: ["wh_1"] });
    clearInterval(again);
    await world.close();
  });
});
