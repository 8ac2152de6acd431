import type { StoreDriver } from "../driver.ts";
import { toStorageError } from "./errors.ts";
import type { Call } from "./group.ts";
import { type Host, LocalHost } from "./local.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { connect, lock } from "./open.ts";
import { ThreadHost } from "./threads.ts";
import { VERB_NAMES, type VerbName } from "./verbs.ts";

/** Tests only: a database that is in no file, and that is gone when it is closed. */
export const IN_MEMORY = ":memory:";

export interface SqliteOptions {
  /** Made when it is not there, with its folder. */
  readonly path: string;
  /** Writes and lists on threads of their own; needs the built files. */
  readonly threads?: boolean;
  /** Tests only: the file may not grow beyond this. */
  readonly maxPages?: number;
}

/** The embedded store: one SQLite file, owned by this process alone. Migrates it first. */
export async function openSqlite({ path, threads = false, maxPages }: SqliteOptions): Promise<StoreDriver> {
  const held = path === IN_MEMORY ? null : lock(path);
  try {
    const limit = maxPages === undefined ? {} : { maxPages };
    const db = connect({ path, role: "writer", ...limit });
    migrate(db, MIGRATIONS);
    if (!threads) return driverOver(new LocalHost(db), () => held?.close());
    db.close();
    const points = connect({ path, role: "reader" });
    return driverOver(await ThreadHost.start(points, path, maxPages ?? null), () => held?.close());
  } catch (error) {
    held?.close();
    throw toStorageError(error);
  }
}

function driverOver(host: Host, release: () => void): StoreDriver {
  const verbs = Object.fromEntries(
    VERB_NAMES.map((verb: VerbName) => [
      verb,
      (...args: unknown[]) => host.call({ verb, args } satisfies Call),
    ]),
  );
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= host.close().finally(release);
    return closing;
  };
  return { ...verbs, hints: null, presence: null, close } as unknown as StoreDriver;
}
