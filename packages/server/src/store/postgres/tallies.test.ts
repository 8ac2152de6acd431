import { afterEach, beforeEach, expect, test } from "vitest";
import type { Endpoint } from "../../domain/endpoint.ts";
import { T0, World } from "../conformance/world.ts";
import type { StoreDriver } from "../driver.ts";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { openPostgres } from "./index.ts";

let database: TestDatabase;
let world: World;
let endpoint: Endpoint;
let drivers: StoreDriver[];
const open = async () => {
  const driver = await openPostgres({ url: database.url, connections: 2 });
  drivers.push(driver);
  return driver;
};
beforeEach(async () => {
  database = await makeDatabase();
  drivers = [];
  world = new World({ driver: await open(), reopen: open, close: async () => undefined });
  endpoint = await world.endpoint(await world.store());
});
afterEach(async () => {
  for (const driver of drivers) await driver.close();
  await database.drop();
});

const notes = async () =>
  (await database.run<{ n: number }>("SELECT count(*)::integer AS n FROM tallies"))[0]?.n;

/** An attempt that fails and is tried again, recorded by that driver. */
async function fail(driver: StoreDriver): Promise<void> {
  const store = await world.driver.getStore(endpoint.storeId);
  if (!store) throw new Error("The store is gone.");
  const id = await world.publishOne(store, endpoint);
  const settlement = { status: "retrying", nextAttemptAt: T0 + 60_000 } as const;
  expect(await driver.recordAttempts([world.aRecord(id, endpoint, { settlement })])).toEqual([true]);
}

test("what one process has noted the next reader sees, whichever process asks", async () => {
  const other = await open();
  for (const driver of [world.driver, other, world.driver]) await fail(driver);
  expect(await notes()).toBe(3);
  expect((await other.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(3);
  expect(await other.endpointHealth(endpoint.id, 0)).toMatchObject({ failed: 3 });
  expect(await notes()).toBe(0);
});

test("what a process that is gone has noted is not lost", async () => {
  const other = await open();
  await fail(other);
  await other.close();
  expect((await world.driver.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(1);
});

test("notes are added up unaided, and each once, however many read", async () => {
  const other = await open();
  for (let i = 0; i < 5; i++) await fail(world.driver);
  const read = (driver: StoreDriver) => driver.getEndpoint(endpoint.id);
  const seen = await Promise.all([1, 2, 3, 4].flatMap(() => [read(world.driver), read(other)]));
  expect(seen.map((found) => found?.record.consecutiveFailures)).toEqual(Array(8).fill(5));
  await fail(world.driver);
  await expect.poll(notes, { timeout: 20_000, interval: 100 }).toBe(0);
  expect((await read(other))?.record.consecutiveFailures).toBe(6);
});

test("where nothing can be written now, records are read as they were", async () => {
  await fail(world.driver);
  await database.run(
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
  );
  const reading = await open();
  expect((await reading.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(0);
  expect((await world.driver.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(1);
});
