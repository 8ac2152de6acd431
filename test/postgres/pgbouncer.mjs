import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { answers, freePort, unprivileged } from "./server.mjs";

const READY_MS = 10_000;
const POLL_MS = 20;

/** PgBouncer's program, or null where it is not installed. Debian has it in a folder that is not on every PATH. */
export const pgbouncerBinary = () =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]
    .map((folder) => join(folder, "pgbouncer"))
    .find((path) => existsSync(path)) ?? null;

/**
 * A real PgBouncer in transaction mode, all else as it comes, in front of every database of the server at `target`; on
 * a free port of the loopback address.
 * @param {string} target `postgres://user@127.0.0.1:port/…`
 * @param {{poolSize?: number}} [options] `poolSize`: connections to each database
 */
export async function startPgbouncer(target, { poolSize = 20 } = {}) {
  const binary = pgbouncerBinary();
  if (binary === null) throw new Error("PgBouncer is not installed: apt-get install pgbouncer.");
  const owner = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "ticketrail-pgbouncer-"));
  const { port: serverPort, username } = new URL(target);
  const port = await freePort();
  const settings = join(folder, "pgbouncer.ini");
  writeFileSync(
    settings,
    `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, "users")}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 1000
`,
  );
  writeFileSync(join(folder, "users"), `"${username}" ""\n`);
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const child = spawn(binary, [settings], { ...owner, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk) => {
    log = (log + chunk).slice(-20_000);
  });
  /** @param {string} url PostgreSQL's own; answers the same database's by way of PgBouncer */
  const through = (url) => url.replace(`:${serverPort}/`, `:${port}/`);
  const deadline = Date.now() + READY_MS;
  while (!(await answers(through(target)))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`PgBouncer did not start:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    through,
    /** What it has said, its last 20,000 characters. */
    log: () => log,
    async remove() {
      const ended = once(child, "exit");
      child.kill("SIGQUIT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
/** @typedef {Awaited<ReturnType<typeof startPgbouncer>>} Pgbouncer */
