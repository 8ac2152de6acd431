import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DAY_MS } from "../../domain/endpoint.ts";
import { T0, World } from "../conformance/world.ts";
import { makeDatabase, type TestDatabase } from "./database.fixture.ts";
import { openPostgres } from "./index.ts";

/** The first moment of a day. */
const DAY0 = Math.floor(T0 / DAY_MS) * DAY_MS;
const KEEP = 30 * DAY_MS;

describe("a day's partition", () => {
  let database: TestDatabase;
  let world: World;
  beforeEach(async () => {
    database = await makeDatabase();
    const driver = await openPostgres({ url: database.url, now: DAY0 });
    const close = async () => {
      await driver.close();
      await database.drop();
    };
    world = new World({ driver, reopen: () => Promise.reject(new Error("Not here.")), close });
  });
  afterEach(() => world.close());

  const partitions = async (parent: string): Promise<number[]> => {
    const rows = await database.run<{ day: string }>(
      "SELECT substr(c.relname, length($1) + 2) AS day FROM pg_class c WHERE c.relname ~ ('^' || $1 || '_[0-9]+$') AND c.relkind = 'r'",
      parent,
    );
    return rows.map(({ day }) => Number(day) - DAY0 / DAY_MS).sort((a, b) => a - b);
  };
  const prune = (now: number) =>
    world.driver.prune({
      now,
      settledBefore: now - KEEP,
      deadLettersBefore: now - 2 * KEEP,
      limit: 1_000,
    });

  it("is made ahead, and holds what is accepted on that day", async () => {
    expect(await partitions("events")).toEqual([0, 1, 2]);
    await world.publish(await world.store(), [], { at: DAY0 + DAY_MS - 1 });
    expect(await database.run(`SELECT num FROM events_${DAY0 / DAY_MS}`)).toHaveLength(1);
    await prune(DAY0 + DAY_MS);
    expect(await partitions("deliveries")).toEqual([0, 1, 2, 3]);
  });

  it("goes whole when all in it has outlived its keep, and is taken from the endpoint's total", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const [id = "", other = ""] = [
      await world.publishOne(store, endpoint, { at: DAY0 }),
      await world.publishOne(store, endpoint, { at: DAY0 + DAY_MS }),
    ];
    await world.settle(id, endpoint, { attempt: { at: DAY0 + 5 } });
    await world.settle(other, endpoint, { attempt: { at: DAY0 + DAY_MS + 5 } });
    expect(await prune(DAY0 + KEEP + DAY_MS - 1)).toMatchObject({ deliveries: 0, events: 0 });
    expect(await prune(DAY0 + KEEP + DAY_MS)).toMatchObject({ deliveries: 1, events: 1 });
    expect((await partitions("deliveries"))[0]).toBe(1);
    expect((await partitions("events"))[0]).toBe(1);
    expect(await world.driver.getDelivery(id, T0)).toBeNull();
    expect(await world.driver.listAttempts({ endpointId: endpoint.id, page: 1, limit: 9 }, T0)).toMatchObject(
      {
        total: 1,
        rows: [{ delivery: { id: other } }],
      },
    );
  });

  it("stays with what is kept longer, and loses the rest row by row", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const settled = await world.publishOne(store, endpoint, { at: DAY0 });
    await world.settle(settled, endpoint, { attempt: { at: DAY0 + 5 } });
    const dead = await world.publishOne(store, endpoint, { at: DAY0 });
    await world.settle(dead, endpoint, {
      settlement: { status: "dead_letter", refused: false },
      attempt: { at: DAY0 + 5 },
    });
    const waiting = await world.queue(store, endpoint, { at: DAY0 });
    expect(await prune(DAY0 + KEEP + DAY_MS)).toMatchObject({ deliveries: 1, events: 0 });
    expect(await world.driver.getDelivery(settled, T0)).toBeNull();
    expect((await world.delivery(dead)).status).toBe("dead_letter");
    expect(await prune(DAY0 + 2 * KEEP + DAY_MS)).toMatchObject({ deliveries: 1, events: 0 });
    expect((await partitions("deliveries"))[0]).toBeGreaterThan(0);
    expect((await world.delivery(waiting)).status).toBe("pending");
    expect((await world.claim(store, [endpoint], { now: DAY0 })).deliveries).toMatchObject([{ id: waiting }]);
  });

  it("is not made for a day that the default partition has rows of", async () => {
    await world.publish(await world.store(), [], { at: DAY0 + 5 * DAY_MS });
    await prune(DAY0 + 5 * DAY_MS);
    expect(await partitions("events")).toEqual([0, 1, 2, 6, 7]);
  });
});
