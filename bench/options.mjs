import { parseArgs } from "node:util";
import { ADAPTERS } from "./adapters/adapter.mjs";
import { OWN } from "./processor.mjs";

export const SCENARIOS = ["limits", "throughput", "latency", "dead-endpoint", "outage", "memory", "backlog"];
/** The others stop the hub, look into its store or pause its endpoints. */
const TARGET_SCENARIOS = ["limits", "throughput", "latency"];
const ADAPTER_NAMES = Object.keys(ADAPTERS);

const HELP = `npm run bench -- [options]
  --only NAME       one of ${SCENARIOS.join(", ")} (may be repeated; limits always run)
  --quick           short windows and a small backlog: a look, not a measurement
  --json FILE       writes everything as JSON too
  --pending N       deliveries in the backlog (1,000,000; with --quick 50,000)
  --small N         deliveries in the backlog that it is compared with (30,000)
  --drain-rate N    new events per second while a backlog drains (50; 0: none)
  --minutes N       length of the memory run (2)
  --share N         its load, as a share of the throughput at fan-out 3, measured in the same run (0.7)
  --rate N          events per second of the latency, dead-endpoint and outage runs (1,000)
  --outstanding N   deliveries under way at once in the paced throughput runs (1,000)
  --connections N   of the load generator (256)
  --store NAME      sqlite, or postgres: a server of the bench's own, in a temporary folder, with fsync (sqlite)
  --database URL    an empty PostgreSQL database to use instead; runs after the first find what it left
  --workers N       on PostgreSQL: the hub as one process that accepts and N that send (0: one process for all)
  --stores N        of the throughput, latency and memory runs: with several workers take many, since each endpoint
                    is sent to by one of them (1)
  --snapshot        on PostgreSQL: another session holds a snapshot open during the throughput and backlog runs
  --folder DIR      where the stores are made (the system's temporary folder)

A hub that runs already, this one or another (docs/benchmark.md, "Other hubs"): ${TARGET_SCENARIOS.slice(1).join(" and ")}
  --target URL      under which its documented paths begin
                    ${ADAPTER_NAMES.map((name) => `${name} ${ADAPTERS[name].base}`).join("\n                    ")}
  --adapter NAME    one of ${ADAPTER_NAMES.join(", ")}
  --key KEY         its API key; better in the environment, as BENCH_KEY
  --project ID      the project, where there are such (${ADAPTER_NAMES.filter((name) => ADAPTERS[name].needsProject).join(", ")})
  --topic NAME      the events' type (order.created)
  --receivers-host HOST   how the hub reaches this machine (127.0.0.1; another: they listen on every address)
  --process NAME=PID      a process of the hub's on this machine whose processor time counts, with those it starts
                          (may be repeated)`;

/** @param {string[]} argv @param {{BENCH_KEY?: string}} env */
export function parseOptions(argv, env) {
  const { values } = parseArgs({
    args: argv,
    options: {
      target: { type: "string" },
      adapter: { type: "string" },
      key: { type: "string" },
      project: { type: "string" },
      topic: { type: "string" },
      "receivers-host": { type: "string" },
      process: { type: "string", multiple: true },
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      pending: { type: "string" },
      small: { type: "string" },
      "drain-rate": { type: "string" },
      minutes: { type: "string" },
      share: { type: "string" },
      rate: { type: "string" },
      outstanding: { type: "string" },
      connections: { type: "string" },
      folder: { type: "string" },
      store: { type: "string", default: "sqlite" },
      database: { type: "string" },
      workers: { type: "string" },
      stores: { type: "string" },
      snapshot: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { help: HELP };
  const target = targetOf({ key: env.BENCH_KEY, ...values });
  const possible = target === null ? SCENARIOS : TARGET_SCENARIOS;
  const unknown = values.only?.filter((name) => !possible.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`--only ${unknown[0]}: choose from ${possible.join(", ")}`);
  if (values.store !== "sqlite" && values.store !== "postgres") {
    throw new Error(`--store ${values.store}: choose from sqlite, postgres`);
  }
  const store = values.database === undefined ? values.store : "postgres";
  const workers = wholeNumber("workers", values.workers, 0);
  if (workers > 0) ownPostgres("workers", store, target);
  if (values.snapshot) ownPostgres("snapshot", store, target);
  const quick = values.quick;
  return {
    target,
    scenarios: possible.filter((name) => name === "limits" || (values.only?.includes(name) ?? true)),
    quick,
    json: values.json ?? null,
    folder: values.folder ?? null,
    store,
    database: values.database ?? null,
    workers,
    stores: storesOf(values.stores),
    snapshot: values.snapshot,
    pending: wholeNumber("pending", values.pending, quick ? 50_000 : 1_000_000),
    small: wholeNumber("small", values.small, 30_000),
    drainRate: wholeNumber("drain-rate", values["drain-rate"], 50),
    minutes: positive("minutes", values.minutes, quick ? 0.25 : 2),
    share: share(values.share, 0.7),
    rate: wholeNumber("rate", values.rate, 1_000),
    outstanding: wholeNumber("outstanding", values.outstanding, 1_000),
    connections: wholeNumber("connections", values.connections, 256),
    warmUpMs: quick ? 2_000 : 5_000,
    windows: quick ? 3 : 5,
    windowMs: quick ? 1_000 : 4_000,
    latencyMs: quick ? 6_000 : 30_000,
  };
}
/** @typedef {Exclude<ReturnType<typeof parseOptions>, {help: string}>} Options */

/** What a scenario's name says of its stores. @param {{stores: number}} options */
export const storesName = ({ stores }) => (stores === 1 ? "" : `, ${stores} stores`);

/** What may be written down: without the key. @param {Options} options */
export const withoutKey = ({ target, ...rest }) => ({
  ...rest,
  target: target === null ? null : { ...target, key: undefined },
});

/**
 * @param {{target?: string, adapter?: string, key?: string, project?: string, topic?: string, process?: string[],
 *   "receivers-host"?: string}} values
 */
function targetOf({ target, adapter = "", key, project, topic, process: processes = [], ...rest }) {
  if (target === undefined) {
    if (adapter !== "") throw new Error("--adapter: needs --target, the address of a hub that runs");
    return null;
  }
  if (!ADAPTER_NAMES.includes(adapter))
    throw new Error(`--adapter ${adapter}: choose from ${ADAPTER_NAMES.join(", ")}`);
  if (!/^https?:$/.test(URL.canParse(target) ? new URL(target).protocol : ""))
    throw new Error(`--target ${target}: an http or https address`);
  if (key === undefined) throw new Error("--target: needs the hub's API key, in BENCH_KEY or as --key");
  if (ADAPTERS[adapter].needsProject && project === undefined)
    throw new Error(`--adapter ${adapter}: needs --project`);
  const receiversHost = rest["receivers-host"] ?? "127.0.0.1";
  return {
    base: new URL(target),
    adapter,
    key,
    project,
    topic,
    receiversHost,
    processes: Object.fromEntries(processes.map(processOf)),
  };
}

/** @param {string} text @returns {[string, number]} */
function processOf(text) {
  const [, name, pid] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`--process ${text}: NAME=PID`);
  if (OWN.has(name)) throw new Error(`--process ${text}: that name is for a process of the bench's own`);
  return [name, Number(pid)];
}

/** Refuses what needs a hub that the bench starts on PostgreSQL. @param {string} name @param {string} store @param {object | null} target */
function ownPostgres(name, store, target) {
  if (target !== null) throw new Error(`--${name}: not with --target, whose hub runs already`);
  if (store !== "postgres") throw new Error(`--${name}: needs --store postgres or --database`);
}

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function positive(name, text, fallback) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || !Number.isFinite(value))
    throw new Error(`--${name} ${text}: a number above 0`);
  return value;
}

/** @param {string | undefined} text */
function storesOf(text) {
  const stores = wholeNumber("stores", text, 1);
  if (stores === 0) throw new Error("--stores 0: at least one");
  return stores;
}

/** @param {string | undefined} text @param {number} fallback */
function share(text, fallback) {
  const value = positive("share", text, fallback);
  if (value > 1) throw new Error(`--share ${text}: at most 1, or the queue grows without end`);
  return value;
}

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function wholeNumber(name, text, fallback) {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text}: a whole number`);
  return Number(text);
}
