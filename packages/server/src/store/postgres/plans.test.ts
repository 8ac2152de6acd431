import pg from "pg";
import { expect, it } from "vitest";
import { T0, World } from "../conformance/world.ts";
import { makeDatabase } from "./database.fixture.ts";
import { openPostgres } from "./index.ts";
import { arrayOf } from "./values.ts";

const ROWS = 20_000;

/** Copies of one queued delivery, a third of them leased and a third not due yet. */
const FILL = `INSERT INTO queue SELECT q.tenant, q.endpoint, q.created_at, q.num + n, q.store, q.event,
    CASE WHEN n % 3 = 1 THEN q.due_at + 1000000 ELSE q.due_at - n END, q.delivered_at, q.body_from, q.body_length,
    q.failures, q.attempt_count, q.counted_hour, q.status, q.gate, q.test, q.id || n, q.event_type,
    CASE WHEN n % 3 = 2 THEN 'lease_z' END, q.attempts
  FROM queue q, generate_series(1, ${ROWS}) n`;

it.each([
  ["nothing was known of the queue", ""],
  ["autovacuum had found it empty", "VACUUM ANALYZE queue"],
])("claims and outcomes go by their own index, though they were planned when %s", async (_, before) => {
  const database = await makeDatabase();
  const driver = await openPostgres({ url: database.url });
  const world = new World({ driver, reopen: async () => driver, close: () => driver.close() });
  const store = await world.store();
  const endpoint = await world.endpoint(store);
  await database.run(before);
  const id = await world.queue(store, endpoint);
  const client = new pg.Client({ connectionString: database.directUrl });
  const said: string[] = [];
  client.on("notice", ({ message }) => said.push(message ?? ""));
  await client.connect();
  try {
    await client.query(`LOAD 'auto_explain'; SET client_min_messages = log; SET auto_explain.log_min_duration = 0;
      SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on`);
    const claim = (token: string) =>
      client.query("SELECT * FROM claim_free_2($1, NULL, $2, $3, '{1}', '{1}', '{1}', $4, $5, $6)", [
        T0,
        [token],
        [T0 + 9],
        arrayOf("int8", [1]),
        arrayOf("int4", [200]),
        arrayOf("int8", [0]),
      ]);
    // Of a store with a quota.
    const claimLimited = (token: string) =>
      client.query("SELECT * FROM claim_3($1, $2, $3, 1, 1, 7, 1000, NULL, $4, $5, $6)", [
        T0,
        token,
        T0 + 9,
        arrayOf("int8", [1]),
        arrayOf("int4", [200]),
        arrayOf("int8", [0]),
      ]);
    const record = (deliveryId: string, token: string) =>
      client.query("SELECT * FROM record_2($1, $2, '{2}', '{NULL}', '{f}', '{1}', '{[]}', '{1}', '{1}')", [
        [deliveryId],
        [token],
      ]);
    // Planned while there is next to nothing.
    await claim("lease_x");
    await claimLimited("lease_x");
    await record(id, "lease_y");
    await client.query("UPDATE queue SET lease = NULL");
    await client.query(FILL);
    said.length = 0;
    expect((await claim("lease_c")).rows).toHaveLength(201);
    expect((await claimLimited("lease_d")).rows).toHaveLength(201);
    await record(`${id}2`, "lease_z");
  } finally {
    await client.end();
    await driver.close();
    await database.drop();
  }
  const plans = said.filter((plan) => plan.includes("Query Text"));
  const looked = plans.find((plan) => plan.includes("FOR UPDATE SKIP LOCKED")) ?? "";
  expect(looked).toMatch(/Index Scan using queue_due on queue/);
  // What is read, joined and sorted is what was asked for, not what waits.
  const rows = [...plans.join().matchAll(/actual time=\S+ rows=(\d+)/g)].map(([, count]) => Number(count));
  expect(Math.max(...rows)).toBe(201);
  const leased = plans.find((plan) => plan.includes("UPDATE queue q SET lease")) ?? "";
  expect(leased).toMatch(/Tid Scan on queue/);
  const removed = plans.find((plan) => plan.includes("DELETE FROM queue")) ?? "";
  expect(removed).toMatch(/Index Scan using queue_id_tenant_key on queue q .*\n\s+Index Cond: \(id = /);
  expect(removed).toMatch(/Tid Scan on queue/);
  // Every look into an index is for something, and into the queue's for an endpoint's part of it.
  expect(plans.join("\n")).not.toMatch(
    /Index Scan using \S+ on (queue|events|stores)\w*\b.*\n(?!\s+Index Cond)/,
  );
  expect(plans.join("\n")).not.toMatch(/Index Scan using queue_due on .*\n\s+Index Cond: \((?!\(endpoint)/);
  const scans = plans.flatMap((plan) => plan.match(/Seq Scan on (queue|events|deliveries)\w*/g) ?? []);
  expect(scans).toEqual([]);
});
