import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const DEBIAN = "/usr/lib/postgresql";
const OLDEST = 14;

/** Folders that may hold the programs, the newest release of Debian's first. */
function places() {
  const onPath = (process.env.PATH ?? "").split(delimiter);
  const releases = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((name) => Number(name) >= OLDEST) : [];
  const newestFirst = releases.sort((a, b) => Number(b) - Number(a));
  return [...newestFirst.map((release) => join(DEBIAN, release, "bin")), ...onPath, "/usr/local/bin"];
}

const found = () =>
  places().find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));

/**
 * The folder of `initdb` and `postgres`; installed by itself on Debian and Ubuntu as root, elsewhere one line says
 * what to do.
 * @returns {string}
 */
export function postgresBinaries() {
  const there = found();
  if (there) return there;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `The PostgreSQL tests need PostgreSQL ${OLDEST} or later: install it so that \`initdb\` is on the PATH.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  /** @param {string[]} args */
  const apt = (...args) => execFileSync("apt-get", args, { env, stdio: "ignore", timeout: 600_000 });
  try {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", "postgresql");
  } catch {
    throw new Error("Installing PostgreSQL failed: run `apt-get update && apt-get install postgresql`.");
  }
  const installed = found();
  if (!installed) throw new Error("apt-get installed no PostgreSQL where it is looked for.");
  return installed;
}
