import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import type { Store } from "../../packages/server/src/domain/store.ts";
import { T0, World } from "../../packages/server/src/store/conformance/world.ts";
import { StorageUnavailable } from "../../packages/server/src/store/driver.ts";
import { openPostgres } from "../../packages/server/src/store/postgres/index.ts";
import { Link } from "./link.mjs";
import { type Postgres, runSql, startPostgres } from "./server.mjs";

const RECOVERY_MS = 5_000;

let server: Postgres;
let link: Link;
let world: World;
let store: Store;
let endpoint: Endpoint;
let databases = 0;
let name = "";

// Of its own, and with fsync: it is killed.
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

beforeEach(async () => {
  name = `faults_${++databases}`;
  await server.run(`CREATE DATABASE ${name}`);
  link = new Link(server.port);
  const url = server.url(name).replace(String(server.port), String(await link.listen()));
  const driver = await openPostgres({ url, statementMs: 1_000 });
  const close = async () => {
    await driver.close();
    await link.close();
  };
  world = new World({ driver, reopen: () => Promise.reject(new Error("Not here.")), close });
  store = await world.store();
  endpoint = await world.endpoint(store);
});
afterEach(() => world.close());

const refusal = (call: Promise<unknown>): Promise<unknown> => call.then(() => null).catch((error) => error);

/** Asks until the store answers again; says after how many ms. */
async function recovered(): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if ((await refusal(world.driver.ping())) === null) return performance.now() - startedAt;
    if (performance.now() - startedAt > 20_000) throw new Error("The store does not recover.");
  }
}

test("a port where nobody listens is refused at once", async () => {
  const error = await refusal(openPostgres({ url: "postgres://x@127.0.0.1:1/x" }));
  expect(error).toBeInstanceOf(StorageUnavailable);
});

test("a port that takes connections and says nothing is given up after two seconds", async () => {
  const silent: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const startedAt = performance.now();
  expect(await refusal(openPostgres({ url: `postgres://x@127.0.0.1:${port}/x` }))).toBeInstanceOf(
    StorageUnavailable,
  );
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  silent.close();
});

test("a server that falls silent is given up, and used again when it answers", async () => {
  link.answers = "hold";
  const calls = [world.publishOne(store, endpoint), world.driver.getStore(store.id)].map(refusal);
  for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(StorageUnavailable);
  link.answers = "pass";
  expect(await recovered()).toBeLessThan(RECOVERY_MS);
  expect(await world.publishOne(store, endpoint)).toBeTruthy();
});

test("an accept whose answer was lost is there when it comes again, and once", async () => {
  // From the second on an accept is one statement.
  await world.publishOne(store, endpoint);
  const event = world.anEvent(store, [endpoint]);
  link.answers = "cut";
  expect(await refusal(world.driver.acceptEvent(event))).toBeInstanceOf(StorageUnavailable);
  link.answers = "pass";
  await recovered();
  expect(await world.driver.acceptEvent(event)).toEqual({ kind: "exists" });
  expect(await world.driver.countDeliveries({})).toMatchObject({ pending: 2 });
});

test("an outcome whose answer was lost is not applied twice when it comes again", async () => {
  const id = await world.publishOne(store, endpoint);
  const record = world.aRecord(id, endpoint, {
    settlement: { status: "retrying", nextAttemptAt: T0 + 60_000 },
  });
  link.answers = "cut";
  expect(await refusal(world.driver.recordAttempts([record]))).toBeInstanceOf(StorageUnavailable);
  link.answers = "pass";
  await recovered();
  expect(await world.driver.recordAttempts([record])).toEqual([false]);
  expect(await world.delivery(id)).toMatchObject({
    status: "retrying",
    failures: 1,
    attempts: [{ number: 1 }],
  });
  expect((await world.driver.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(1);
});

test("connections that are ended by an operator are made anew", async () => {
  await world.publishOne(store, endpoint);
  await server.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  expect(await recovered()).toBeLessThan(RECOVERY_MS);
  expect(await world.publishOne(store, endpoint)).toBeTruthy();
});

test.each(["kill", "stop"] as const)(
  "%s under load: nothing acknowledged is lost, nothing is there twice, and it goes on by itself",
  async (how) => {
    const acknowledged = new Set<string>();
    const unknown: ReturnType<World["anEvent"]>[] = [];
    let going = true;
    const client = async () => {
      while (going) {
        const event = world.anEvent(store, [endpoint]);
        const result = await world.driver.acceptEvent(event).catch((error) => error);
        if (result.kind === "accepted") acknowledged.add(event.event.id);
        else unknown.push(event);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let seen = 0; seen < 200; seen = acknowledged.size) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server[how]();
    going = false;
    await Promise.all(clients);
    await server.start();
    expect(await recovered()).toBeLessThan(RECOVERY_MS);
    for (const event of unknown) {
      const result = await world.driver.acceptEvent(event);
      expect(["accepted", "exists"]).toContain(result.kind);
      acknowledged.add(event.event.id);
    }
    const rows = await runSql(
      server.url(name),
      "SELECT e.id, (SELECT count(*) FROM queue q WHERE q.event = e.num) AS n FROM events e",
    );
    expect(new Set(rows.map(({ id }) => id))).toEqual(acknowledged);
    expect(rows.every(({ n }) => Number(n) === 1)).toBe(true);
    expect(rows).toHaveLength(acknowledged.size);
  },
);
