import { beforeAll, expect, inject, it } from "vitest";
import { runSql } from "../test/postgres/server.mjs";
import { underSnapshot } from "./snapshot.mjs";

const HELD = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xmin IS NOT NULL`;
const NAME = `bench_snapshot_${process.pid}`;
let url: string;

const held = async (): Promise<{ pid: number }[]> => runSql(url, HELD);

beforeAll(async () => {
  const server = inject("postgresUrl");
  await runSql(server, `CREATE DATABASE ${NAME}`);
  url = server.replace(/\/[^/]*$/, `/${NAME}`);
  return () => runSql(server, `DROP DATABASE ${NAME} WITH (FORCE)`);
});

it("a snapshot is held while the work lasts, and not afterwards", async () => {
  expect(await underSnapshot(url, held)).toHaveLength(1);
  expect(await held()).toHaveLength(0);
});

it("a snapshot that was lost makes the run fail rather than be quoted", async () => {
  const lose = async () => {
    const [session] = await held();
    expect(session?.pid).toBeGreaterThan(0);
    await runSql(url, `SELECT pg_terminate_backend(${session?.pid}, 5000)`);
  };
  await expect(underSnapshot(url, lose)).rejects.toThrow("snapshot was lost");
});
