import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Link } from "../../../../../test/postgres/link.mjs";
import { ids, T0, World } from "../conformance/world.ts";
import type { Lost, StoreDriver } from "../driver.ts";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { openPostgres } from "./index.ts";

const UNTIL = T0 + 60_000;

describe("a process's presence", () => {
  let database: TestDatabase;
  let world: World;
  const drivers: StoreDriver[] = [];
  const open = async (url = database.url) => {
    const driver = await openPostgres({ url, connections: 2 });
    drivers.push(driver);
    return driver;
  };
  beforeEach(async () => {
    database = await makeDatabase();
    world = new World({ driver: await open(), reopen: open, close: async () => undefined });
  });
  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close();
    await database.drop();
  });

  const beat = (driver: StoreDriver, process: string) => driver.beat({ process, until: UNTIL, now: T0 });
  const lost = async (now = T0) => (await world.driver.presence?.lost(now)) ?? [];
  /** The server notices a connection's end a moment later. */
  const until = async (holds: (found: readonly Lost[]) => boolean): Promise<readonly Lost[]> => {
    for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
      const found = await lost();
      if (holds(found)) return found;
    }
    throw new Error("It does not come to that.");
  };
  const some = (found: readonly Lost[]): boolean => found.length > 0;
  const held = (holder: string, endpointIds: readonly string[]) =>
    world.driver.holdLanes({ holder, until: UNTIL, now: T0, endpointIds });

  it("lasts while it is connected, and ends with its connection", async () => {
    const other = await open();
    await beat(world.driver, "one");
    await beat(other, "other");
    expect(await lost()).toEqual([]);
    await other.close();
    expect(await until(some)).toEqual([{ process: "other", withServer: false }]);
    // Its time is up besides.
    expect(await lost(UNTIL)).toEqual([]);
  });

  it("is nothing that a process has lost which leaves", async () => {
    const other = await open();
    await beat(other, "other");
    await other.leave("other");
    await other.close();
    expect(await lost()).toEqual([]);
  });

  it("is made anew where only the connection was lost, and says so to its own", async () => {
    const other = await open();
    let cut = 0;
    other.presence?.listen(() => {
      cut += 1;
    });
    await beat(other, "other");
    await database.run(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2`,
    );
    await until((found) => cut === 1 && found.length === 0);
    expect(await beat(other, "other")).toMatchObject({ isNew: false });
    expect(await lost()).toEqual([]);
    // It is judged again, too.
    await other.close();
    await until(some);
  });

  it("is not told of one that has no connection of the server's own: nobody knows", async () => {
    const link = new Link(Number(new URL(database.url).port));
    link.made = (chunk) => {
      // A pooler's own number for the connection, in BackendKeyData: type, length of 12, process, key.
      const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) chunk.writeInt32BE(chunk.readInt32BE(at + 5) + 1, at + 5);
      return chunk;
    };
    const url = new URL(database.url);
    url.port = String(await link.listen());
    const other = await open(url.href);
    await beat(other, "other");
    await other.close();
    await link.close();
    const locks = await database.run("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2");
    expect(locks).toEqual([]);
    expect(await lost()).toEqual([]);
    expect(await world.driver.presence?.bury("other")).toBe(false);
    expect((await beat(world.driver, "one")).live).toEqual(["one", "other"]);
  });

  it("says of one that is lost whether the server was started anew since", async () => {
    const other = await open();
    await beat(other, "other");
    await database.run("UPDATE processes SET server = '1'");
    await other.close();
    expect(await until(some)).toEqual([{ process: "other", withServer: true }]);
  });

  it("lets the others have what a dead process held, and nothing of those that live", async () => {
    const other = await open();
    const [dead, alive] = ["proc_1", "proc_10"];
    await beat(other, dead);
    await beat(world.driver, alive);
    const store = await world.store();
    const [theirs, mine] = [await world.endpoint(store), await world.endpoint(store)];
    await held(dead, [theirs.id]);
    await held(alive, [mine.id]);
    const free = [await world.queue(store, theirs), await world.queue(store, theirs)];
    const kept = await world.queue(store, mine);
    await world.claim(store, [theirs], { holder: dead, token: `${dead}/1`, max: 1 });
    await world.claim(store, [theirs], { holder: dead, token: `${dead}/z`, max: 1 });
    await world.claim(store, [mine], { holder: alive, token: `${alive}/1` });
    expect(await world.driver.presence?.bury(dead)).toBe(false);
    await other.close();
    await until(some);
    expect(await world.driver.presence?.bury(dead)).toBe(true);
    expect(await world.driver.presence?.bury(dead)).toBe(false);
    expect(await beat(world.driver, alive)).toEqual({ isNew: false, live: [alive] });
    expect(await held(alive, [theirs.id])).toEqual([theirs.id]);
    expect(ids((await world.claim(store, [theirs, mine], { holder: alive })).deliveries)).toEqual(free);
    expect(await world.driver.extendLease({ token: `${alive}/1`, until: UNTIL })).toBe(1);
    expect(await world.delivery(kept)).toMatchObject({ leased: true });
    // As who starts with the same id would find out.
    expect(await beat(world.driver, dead)).toMatchObject({ isNew: true });
  });

  it.each([
    ["without", null],
    ["with", 9],
  ] as const)(
    "lets the others have what a claim took that a dead process left behind in the server, in stores %s a quota",
    async (_, limit) => {
      const other = await open();
      const [dead, alive] = ["proc_1", "proc_2"];
      await beat(other, dead);
      await beat(world.driver, alive);
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      await held(dead, [endpoint.id]);
      const id = await world.queue(store, endpoint, { limit });
      const blocker = new pg.Client({ connectionString: database.url });
      await blocker.connect();
      await blocker.query("BEGIN");
      await blocker.query("INSERT INTO leases (token, until) VALUES ($1, $2)", [`${dead}/1`, UNTIL]);
      const left = world.claim(store, [endpoint], { holder: dead, token: `${dead}/1`, limit });
      await other.close();
      await until(some);
      const buried = world.driver.presence?.bury(dead);
      const waiting = async (count: number) => {
        const [row] = await database.run(
          "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        );
        return (row as { count: number }).count === count;
      };
      for (const deadline = performance.now() + 10_000; !(await waiting(2)); )
        if (performance.now() > deadline) throw new Error("The burial does not wait for the claim.");
      await blocker.query("ROLLBACK");
      await blocker.end();
      expect(ids((await left).deliveries)).toEqual([id]);
      expect(await buried).toBe(true);
      expect(await held(alive, [endpoint.id])).toEqual([endpoint.id]);
      expect(ids((await world.claim(store, [endpoint], { holder: alive, limit })).deliveries)).toEqual([id]);
    },
  );
});
