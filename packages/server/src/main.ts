import { once } from "node:events";
import { readFileSync } from "node:fs";
import { CONTRACTS } from "@ticketrail/contracts";
import { Command } from "commander";
import { createLogger } from "./adapters/log.ts";
import { stopSignal } from "./adapters/stop-signal.ts";
import { startApp } from "./app.ts";
import { type Config, type Environment, parseConfig } from "./config.ts";
import type { DemoHub, DemoHubConfig } from "./demo/demo.ts";
import { startFailure } from "./start-failure.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The configuration, or every problem of it on stderr and exit code 78 (EX_CONFIG). */
function configFrom(env: Environment): Config {
  const parsed = parseConfig(
    env,
    CONTRACTS.map(({ name }) => name),
  );
  if (parsed.ok) return parsed.config;
  process.stderr.write(
    `Ticketrail cannot start:\n${parsed.problems.map((each) => `  - ${each}\n`).join("")}`,
  );
  process.exit(78);
}

/** `npm exec`, which npx is, ends at a SIGTERM and tells nobody. */
const STOP = { endsWithParent: process.env.npm_command === "exec" };

/** The database holds names and addresses of customers: nobody but its user and group may read it. */
const NOT_FOR_OTHERS = 0o007;

async function serve(): Promise<void> {
  const config = configFrom(process.env);
  process.umask(process.umask() | NOT_FOR_OTHERS);
  const log = createLogger({ level: config.logLevel });
  try {
    const stopped = stopSignal(STOP);
    const app = await startApp(config, log);
    process.stdout.write(`Ticketrail is listening on ${app.url}\n`);
    if (app.freshAdminKey !== null) {
      process.stdout.write(`The operator's key, shown this once: ${app.freshAdminKey}\n`);
    }
    if (!stopped.aborted) await once(stopped, "abort");
    log.info({ signal: stopped.reason }, "draining");
    await app.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`Ticketrail cannot start: ${startFailure(error, config)}\n`);
    log.debug({ err: error }, "start failed");
    process.exit(1);
  }
}

/** The configuration comes from the demo itself; of the environment only HOST and PORT count. */
async function demo({ once: onlyOnce = false }: { once?: boolean }): Promise<void> {
  const none = { DATABASE_URL: undefined, DATABASE_DIRECT_URL: undefined, TICKETRAIL_ROLE: undefined };
  const { host, port, production } = configFrom({ ...process.env, ...none });
  if (production) {
    process.stderr.write(
      "The demo does not run with NODE_ENV=production: it makes up keys and allows http.\n",
    );
    process.exit(78);
  }
  const { runDemo } = await import("./demo/demo.ts");
  process.exitCode = await runDemo({
    once: onlyOnce,
    host,
    port,
    out: process.stdout,
    startHub: startDemoHub,
    signal: stopSignal(STOP),
  });
}

async function startDemoHub(wanted: DemoHubConfig): Promise<DemoHub> {
  const config = configFrom({
    HOST: wanted.host,
    PORT: String(wanted.port),
    DATABASE_URL: wanted.databaseUrl,
    TICKETRAIL_ADMIN_KEY: wanted.adminKey,
    TICKETRAIL_ALLOW_NETWORKS: wanted.allowNetworks.join(","),
    TICKETRAIL_RETRY_SCALE: String(wanted.retryScale),
    TICKETRAIL_LOG_LEVEL: wanted.logLevel,
  });
  const app = await startApp(config, createLogger({ level: config.logLevel }));
  return { url: app.url, adminKey: wanted.adminKey, close: () => app.close() };
}

const program = new Command("ticketrail")
  .description("Self-hosted order-event hub for restaurants.")
  .version(version);
program.command("serve").description("start the hub").action(serve);
program
  .command("demo")
  .description("start the hub with demo stores, receivers and lunch-hour traffic")
  .option("--once", "end by itself, with a summary and an exit code")
  .action(demo);
await program.parseAsync();
