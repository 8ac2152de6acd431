import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { atEnd, unlessEnding } from "../undo.mjs";
import { postgresBinaries } from "./binaries.mjs";

const USER = "ticketrail";
const READY_MS = 30_000;
const RELEASED_MS = 3_000;
const POLL_MS = 20;

/**
 * A real PostgreSQL in a temporary folder, on a free port of the loopback address.
 *
 * `fsync: false` is for tests of logic alone, where no power is cut: about twice as fast.
 * @param {{fsync?: boolean, folder?: string, settings?: Readonly<Record<string, string>>}} [options]
 *   `folder`: where the temporary folder is made; `settings`: of postgresql.conf
 */
export async function startPostgres({ fsync = true, folder: base = tmpdir(), settings = {} } = {}) {
  const binaries = postgresBinaries();
  const owner = unprivileged();
  const folder = mkdtempSync(join(base, "ticketrail-postgres-"));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const initdb = ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(binaries, "initdb"), initdb, {
    ...owner,
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const port = await freePort();
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: folder,
    fsync: fsync ? "on" : "off",
    full_page_writes: fsync ? "on" : "off",
    max_connections: "200",
    ...settings,
  };
  const args = ["-D", data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  /** @type {import("node:child_process").ChildProcess | null} */
  let server = null;
  let log = "";

  function launch() {
    const child = spawn(join(binaries, "postgres"), args, {
      ...owner,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.on("data", (chunk) => {
      log = (log + chunk).slice(-20_000);
    });
    return child;
  }

  async function start() {
    await unlessEnding();
    const startedAt = Date.now();
    server = launch();
    while (!(await answers(url("postgres")))) {
      await unlessEnding();
      const waitedMs = Date.now() - startedAt;
      // Sessions of one that was killed may hold its memory for a moment longer.
      if (server.exitCode !== null && waitedMs < RELEASED_MS) server = launch();
      else if (server.exitCode !== null || waitedMs > READY_MS)
        throw new Error(`PostgreSQL did not start:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    const child = server;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  /** @param {string} database */
  const url = (database) => `postgres://${USER}@127.0.0.1:${port}/${database}`;

  async function remove() {
    await end("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
    forget();
  }
  const forget = atEnd(remove);

  await start().catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    forget();
    throw error;
  });
  return {
    port,
    folder,
    url,
    /** What the server has said, its last 20,000 characters. */
    log: () => log,
    get pid() {
      return server?.pid ?? 0;
    },
    start,
    /** As an operator does: connections are ended (57P01), what is committed is checkpointed. */
    stop: () => end("SIGINT"),
    /** As a crash does. Its children notice by themselves; the data folder is recovered at the next start. */
    kill: () => end("SIGKILL"),
    /** As `pg_ctl stop -m immediate` does: a crash, but every process of it ends with it. */
    quit: () => end("SIGQUIT"),
    /** Stops the server and deletes its folder. */
    remove,
    /** @param {string} sql @param {string} [database] */
    run: (sql, database = "postgres") => runSql(url(database), sql),
  };
}
/** @typedef {Awaited<ReturnType<typeof startPostgres>>} Postgres */

/** PostgreSQL refuses to run as root: then its files and processes belong to another user. */
export function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (/** @type {string} */ flag) => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user; the next may be there.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`.");
}

/** @param {string} url @param {string} sql */
export async function runSql(url, sql) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @param {string} url */
export const answers = (url) =>
  runSql(url, "SELECT 1").then(
    () => true,
    () => false,
  );

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
