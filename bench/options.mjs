import { parseArgs } from "node:util";

export const SCENARIOS = ["limits", "throughput", "latency", "dead-endpoint", "memory", "backlog"];

const HELP = `npm run bench -- [options]
  --only NAME       one of ${SCENARIOS.join(", ")} (may be repeated; limits always run)
  --quick           short windows and a small backlog: a look, not a measurement
  --json FILE       writes everything as JSON too
  --pending N       deliveries in the backlog (1,000,000; with --quick 50,000)
  --minutes N       length of the memory run (2)
  --rate N          events per second of the latency and dead-endpoint runs (1,000)
  --outstanding N   deliveries under way at once in the paced throughput runs (1,000)
  --connections N   of the load generator (256)
  --store NAME      sqlite, or postgres: a server of the bench's own, in a temporary folder, with fsync (sqlite)
  --database URL    an empty PostgreSQL database to use instead; runs after the first find what it left
  --folder DIR      where the stores are made (the system's temporary folder)`;

/** @param {string[]} argv */
export function parseOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      pending: { type: "string" },
      minutes: { type: "string" },
      rate: { type: "string" },
      outstanding: { type: "string" },
      connections: { type: "string" },
      folder: { type: "string" },
      store: { type: "string", default: "sqlite" },
      database: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { help: HELP };
  const unknown = values.only?.filter((name) => !SCENARIOS.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`--only ${unknown[0]}: choose from ${SCENARIOS.join(", ")}`);
  if (values.store !== "sqlite" && values.store !== "postgres") {
    throw new Error(`--store ${values.store}: choose from sqlite, postgres`);
  }
  const quick = values.quick;
  return {
    scenarios: SCENARIOS.filter((name) => name === "limits" || (values.only?.includes(name) ?? true)),
    quick,
    json: values.json ?? null,
    folder: values.folder ?? null,
    store: values.database === undefined ? values.store : "postgres",
    database: values.database ?? null,
    pending: wholeNumber("pending", values.pending, quick ? 50_000 : 1_000_000),
    minutes: positive("minutes", values.minutes, quick ? 0.25 : 2),
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

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function positive(name, text, fallback) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || !Number.isFinite(value))
    throw new Error(`--${name} ${text}: a number above 0`);
  return value;
}

/** @param {string} name @param {string | undefined} text @param {number} fallback */
function wholeNumber(name, text, fallback) {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text}: a whole number`);
  return Number(text);
}
