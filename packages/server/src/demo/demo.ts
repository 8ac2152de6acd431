import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type DemoHub, type StartHub } from "./hub.ts";
import { Inbox } from "./inbox.ts";
import { Outage, type OutageReport } from "./outage.ts";
import { Rush } from "./rush.ts";
import { type Output, Screen } from "./screen.ts";
import { BEHAVIOUR, CONTRACTS, openStores, type Receivers, startReceivers } from "./stores.ts";
import { summarise } from "./summary.ts";
import { Watch } from "./watch.ts";

export type { DemoHub, DemoHubConfig, StartHub } from "./hub.ts";

export interface DemoOptions {
  /** End by itself after one lunch, with a summary; else go on until `signal`. */
  readonly once: boolean;
  readonly host: string;
  readonly port: number;
  readonly out: Output;
  readonly startHub: StartHub;
  /** Ends the demo cleanly. */
  readonly signal: AbortSignal;
  readonly seed?: number;
}

const DEFAULT_SEED = 12;
/** MiPOS' 15 s become 25 ms, Ordeliya's half hour 3 s. */
const RETRIES_FASTER = 600;
const ONCE_LIMIT_MS = 100_000;
const SETTLE_MS = 45_000;

/** Runs the demo; resolves to the process's exit code once everything it started is stopped and removed. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const screen = new Screen(options.out);
  const interrupted = options.signal;
  const signal = options.once
    ? AbortSignal.any([interrupted, AbortSignal.timeout(ONCE_LIMIT_MS)])
    : interrupted;
  const folder = await mkdtemp(join(tmpdir(), "ticketrail-demo-"));
  try {
    const hub = await options.startHub({
      host: options.host,
      port: options.port,
      folder,
      databaseUrl: `file:${join(folder, "demo.db")}`,
      adminKey: randomBytes(24).toString("hex"),
      retryScale: 1 / RETRIES_FASTER,
      allowNetworks: ["127.0.0.0/8"],
      logLevel: "silent",
    });
    screen.line(`Ticketrail demo on ${hub.url}`);
    const allWell = await withHub(options, hub, screen, signal);
    return allWell ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted && !options.once) return 0;
    screen.line(`The demo ${endOf(error, interrupted, signal)}`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The hub is closed first: what it has in flight must still find its receiver. */
async function withHub(
  options: DemoOptions,
  hub: DemoHub,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  const seed = options.seed ?? DEFAULT_SEED;
  const receivers = await startReceivers(seed);
  try {
    introduce(screen, hub, receivers);
    return await lunch({ options, hub, screen, signal, receivers, seed });
  } finally {
    await hub.close();
    for (const contract of CONTRACTS) await receivers[contract].close();
  }
}

function introduce(screen: Screen, hub: DemoHub, receivers: Receivers): void {
  screen.line(`Operator's key, for this run alone: ${hub.adminKey}`);
  screen.line();
  screen.table(
    [
      ["contract", "receiver", "behaviour"],
      ...CONTRACTS.map((name) => [name, receivers[name].url("…"), BEHAVIOUR[name]]),
    ],
    3,
  );
  screen.line();
  screen.line(
    `Retry delays run ${RETRIES_FASTER} times faster than published (MiPOS' first, 15 s, is 25 ms);`,
  );
  screen.line("the timestamps in the signatures are real.");
  screen.line();
}

interface Scene {
  readonly options: DemoOptions;
  readonly hub: DemoHub;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly receivers: Receivers;
  readonly seed: number;
}

async function lunch({ options, hub, screen, signal, receivers, seed }: Scene): Promise<boolean> {
  const startedAt = Date.now();
  const operator = new Client(hub.url, hub.adminKey);
  const stores = await openStores(operator, receivers);
  const watch = new Watch(operator, screen, stores);
  // Whichever part fails first ends the others.
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  // Every order under way waits on it.
  setMaxListeners(0, ending);
  const rush = new Rush(operator, stores, new Inbox(receivers), watch, ending, seed);
  watch.start();
  let acts: [Promise<OutageReport>, Promise<void>] | null = null;
  try {
    acts = [new Outage(operator, receivers.mipos, watch, ending).run(), rush.run()];
    const [report] = await Promise.all(acts);
    const rushedAt = Date.now();
    await watch.until(
      () => watch.asOf > rushedAt && watch.rows("pending").length + watch.rows("retrying").length === 0,
      SETTLE_MS,
      signal,
    );
    signal.throwIfAborted();
    const input = { operator, receivers, stores, rush, watch, outage: report, startedAt };
    const allWell = await summarise(input, screen);
    if (options.once) return allWell;
    screen.line();
    screen.line(`Lunch goes on quietly at ${hub.url} until Ctrl-C.`);
    await rush.goOn();
    return true;
  } finally {
    over.abort();
    // No call may be under way any more when the hub is closed.
    await Promise.allSettled(acts ?? []);
    await watch.stop();
  }
}

function endOf(error: unknown, interrupted: AbortSignal, signal: AbortSignal): string {
  if (interrupted.aborted) return "was ended before it was done.";
  if (signal.aborted) return `was not done after ${ONCE_LIMIT_MS / 1000} s.`;
  return `failed: ${error instanceof Error ? error.message : String(error)}`;
}
