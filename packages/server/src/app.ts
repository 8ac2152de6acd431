import { dirname, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import { SYSTEM_TIME, steadyClock } from "./adapters/clock.ts";
import { makeFolder } from "./adapters/folder.ts";
import { type AdminKey, madeAdminKey, madeSecretKey } from "./adapters/made-keys.ts";
import { senderThread } from "./adapters/sender-thread.ts";
import { createVault } from "./adapters/vault.ts";
import type { Config, DatabaseConfig } from "./config.ts";
import type { Clock } from "./domain/id.ts";
import { DEFAULT_LIMITS } from "./engine/limits.ts";
import type { Hub } from "./hub.ts";
import { checkSecretKey } from "./secret-key-check.ts";
import type { SenderStart } from "./sender-worker.ts";
import type { StoreDriver } from "./store/driver.ts";

export interface App extends Hub {
  /** The operator's key where one was made at this start: shown once, kept nowhere. */
  readonly freshAdminKey: string | null;
}

/** Of the threads that start from here on. What is chosen for the main thread, at the command line, is more than they need. */
const THREADS_YOUNG_GENERATION = "--max-semi-space-size=8";

/**
 * Chooses keys, time, store and sender, and starts the hub over them. The threads take as long to load as the rest of the
 * program does: they begin first, and this module imports little. Rejects where the store or the address cannot be had.
 */
export async function startApp(config: Config, log: Logger): Promise<App> {
  if (config.database.kind === "sqlite") makeFolder(dirname(resolve(config.database.path)));
  const { vault, admin } = keysOf(config);
  const clock = steadyClock(SYSTEM_TIME, (movedMs) =>
    log.warn(
      { movedMs },
      "the machine's clock was moved: the hub keeps to its own time, and takes the machine's at its next start",
    ),
  );
  setFlagsFromString(THREADS_YOUNG_GENERATION);
  const [sender, driver, hub] = await Promise.allSettled([
    senderThread(startSenderWorker(config)),
    openStore(config.database, clock),
    import("./hub.ts"),
  ]);
  try {
    const ready = { driver: valueFrom(driver), sender: valueFrom(sender), vault, clock, log };
    if (!config.secretKeyLost) await checkSecretKey(ready.driver, vault);
    const started = await valueFrom(hub).startHub(config, { ...ready, adminKeyHash: admin.hash });
    admin.keep();
    return { ...started, freshAdminKey: admin.fresh };
  } catch (error) {
    for (const part of [sender, driver]) if (part.status === "fulfilled") await part.value.close();
    throw error;
  }
}

function valueFrom<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === "rejected") throw settled.reason;
  return settled.value;
}

/** Made-up keys are kept beside the embedded store; the configuration has seen to it that there is one. */
function keysOf({ database, secretKey, adminKey }: Config) {
  const path = database.kind === "sqlite" ? database.path : "";
  const vault = createVault(secretKey ?? madeSecretKey(path));
  const given = (key: string): AdminKey => ({ hash: vault.hash(key), fresh: null, keep: () => undefined });
  return { vault, admin: adminKey === null ? madeAdminKey(path, vault) : given(adminKey) };
}

/** Only the driver that is used is loaded: a start waits for it. */
async function openStore(database: DatabaseConfig, clock: Clock): Promise<StoreDriver> {
  if (database.kind === "sqlite") {
    const { openSqlite } = await import("./store/sqlite/index.ts");
    return openSqlite({ path: database.path, threads: true });
  }
  const { openPostgres } = await import("./store/postgres/index.ts");
  const { url, directUrl } = database;
  return openPostgres({ url, ...(directUrl === null ? {} : { directUrl }), now: clock.now() });
}

function startSenderWorker({ production, allowNetworks }: Config): Worker {
  // Lanes say how much goes to one endpoint at once. With fewer connections than lanes may use together, one that
  // hangs would take them from its neighbours at the same origin, whose time runs while they wait.
  const connectionsPerOrigin = DEFAULT_LIMITS.maxInFlight;
  const start: SenderStart = { production, allowNetworks, connectionsPerOrigin };
  return new Worker(new URL("./sender-worker.js", import.meta.url), { workerData: start });
}
