import { parseArgs } from "node:util";
import { STORES } from "./stores.ts";

export interface Options {
  readonly seed: number;
  /** Of kills; the other faults take their share of it. */
  readonly rounds: number;
  /** Leaves out what takes a minute to see. */
  readonly quick: boolean;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly store: string;
  /** How soon after a start the hub must be ready. */
  readonly readyMs: number;
  /** Where to write everything as JSON too. */
  readonly json: string | null;
}

const ROUNDS = 20;
const LONG_ROUNDS = 200;
const QUICK_ROUNDS = 3;
const READY_MS = 2_000;

const help = (names: readonly string[]): string => `npm run faults -- [options]
  --only NAME[,NAME]  of ${names.join(", ")}
  --rounds N          kills (${ROUNDS}); half as many SIGTERMs, a quarter above 100
  --long              ${LONG_ROUNDS} rounds
  --quick             ${QUICK_ROUNDS} rounds, and nothing that takes a minute
  --seed N            the moments and the receivers' failures (drawn and printed if left out)
  --store NAME        of ${Object.keys(STORES).join(", ")}
  --ready-ms N        how soon after a start it must be ready (${READY_MS}; more where the machine is busy)
  --json FILE         writes everything as JSON too`;

/** Throws, with what to write instead, for what it does not understand. */
export function parseOptions(argv: string[], names: readonly string[]): Options | { readonly help: string } {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      long: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      seed: { type: "string" },
      store: { type: "string", default: "sqlite" },
      "ready-ms": { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { help: help(names) };
  const only = values.only?.split(",") ?? [];
  choose("only", only, names);
  choose("store", [values.store], Object.keys(STORES));
  const rounds = values.long ? LONG_ROUNDS : values.quick ? QUICK_ROUNDS : ROUNDS;
  return {
    seed: wholeNumber("seed", values.seed) ?? Math.floor(Math.random() * 1e9),
    rounds: wholeNumber("rounds", values.rounds) ?? rounds,
    quick: values.quick,
    only,
    store: values.store,
    readyMs: wholeNumber("ready-ms", values["ready-ms"]) ?? READY_MS,
    json: values.json ?? null,
  };
}

function choose(name: string, chosen: readonly string[], from: readonly string[]): void {
  const unknown = chosen.find((each) => !from.includes(each));
  if (unknown !== undefined) throw new Error(`--${name} ${unknown}: choose from ${from.join(", ")}`);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--${name} ${text}: a whole number from 1`);
  return Number(text);
}
