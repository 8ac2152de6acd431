import { DAY_MS } from "../../domain/endpoint.ts";
import type { Context } from "./context.ts";
import type { Database, Sql } from "./database.ts";

/** History is kept in one partition a day. */
export const PARTITIONED = ["events", "deliveries"] as const;
type Parent = (typeof PARTITIONED)[number];

/** Today, and this many days after it. */
const DAYS_AHEAD = 2;
/** A partition is not worth a stall: whoever waits for its table would wait behind us. */
const LOCK_MS = 1_000;
/** As their default partitions have it: rows of usual size stay whole and uncompressed. */
const STORAGE: Readonly<Record<Parent, string>> = {
  events: "WITH (toast_tuple_target = 8160)",
  deliveries: "",
};

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
const nameOf = (parent: Parent, day: number): string => `${parent}_${day}`;

/** The days that have a partition, the oldest first. */
export async function partitionDays(sql: Sql, parent: Parent): Promise<number[]> {
  const rows = await sql.rows<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass($1) AND c.relname <> $1 || '_default'`,
    parent,
  );
  return rows.map(({ name }) => Number(name.slice(parent.length + 1))).sort((a, b) => a - b);
}

/**
 * Makes the partitions of the days to come. A day that the default partition has rows of already stays there: its rows
 * go one by one when their time has come.
 */
export async function makePartitions({ db }: Pick<Context, "db">, now: number): Promise<void> {
  for (const parent of PARTITIONED) {
    const there = new Set(await partitionDays(db, parent));
    for (let day = dayOf(now); day <= dayOf(now) + DAYS_AHEAD; day++) {
      if (!there.has(day)) await makePartition(db, parent, day);
    }
  }
}

async function makePartition(db: Database, parent: Parent, day: number): Promise<void> {
  const [from, to] = [day * DAY_MS, (day + 1) * DAY_MS];
  const taken = await db.row(
    `SELECT 1 FROM ${parent}_default WHERE created_at >= $1 AND created_at < $2 LIMIT 1`,
    from,
    to,
  );
  if (taken) return;
  const name = nameOf(parent, day);
  try {
    await db.transaction(async (sql) => {
      await sql.run(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      await sql.run(
        `CREATE TABLE ${name} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) ${STORAGE[parent]}`,
      );
      await sql.run(`ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
    });
  } catch (error) {
    // Another process made it meanwhile, or somebody holds the table: the next turn looks again.
    const there = await partitionDays(db, parent);
    if (!there.includes(day) && !isLockTimeout(error)) throw error;
  }
}

const isLockTimeout = (error: unknown): boolean =>
  ((error as Error).cause as { code?: unknown } | undefined)?.code === "55P03";

/** Nobody else has the table from here to the end of the transaction. */
export async function lockBriefly(sql: Sql, table: string): Promise<void> {
  await sql.run(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  await sql.run(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
}

/** For statements over one day alone. */
export const partitionOf = nameOf;
