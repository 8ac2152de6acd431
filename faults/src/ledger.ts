import { tagOf } from "./orders.ts";

/** One request at a receiver. */
export interface Note {
  /** `A/sela`. */
  readonly endpoint: string;
  /** The order's; null where there is none to be read. */
  readonly number: string | null;
  /** Epoch ms of the answer. */
  readonly at: number;
  /** What was answered; 0: nothing that counts. */
  readonly status: number;
  readonly wrong: "signature" | "store" | "body" | null;
}

/** What the client and the receivers know, and what the hub says of the rest. A pair is `A/sela A-17`. */
export interface Books {
  /** Numbers, noted before each POST, and after each 2xx. */
  readonly intents: ReadonlySet<string>;
  readonly acknowledged: ReadonlySet<string>;
  readonly endpoints: readonly string[];
  readonly notes: readonly Note[];
  readonly deadLettered: ReadonlySet<string>;
  readonly pending: ReadonlySet<string>;
  /** Epoch ms of each kill. */
  readonly kills: readonly number[];
}

/** `owed` = `delivered` + `deadLettered` + `pending` + `lost`; all deliveries but the first two. */
export interface Ledger {
  readonly intents: number;
  readonly acknowledged: number;
  readonly owed: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly pending: number;
  readonly lost: number;
  readonly wrong: number;
  readonly duplicates: number;
  /** Duplicates of what was answered when no kill was near: a crash does not excuse them. */
  readonly unexplained: number;
  /** A few of what is lost, wrong or unexplained, to look into. */
  readonly examples: readonly string[];
}

/** An answer this long before a kill must have been written down, also where others take the disk and both cores. */
const WRITTEN_MS = 3_000;
const EXAMPLES = 5;

export const pairOf = (endpoint: string, number: string): string => `${endpoint} ${number}`;
/** The tag of the endpoint's store. */
export const storeOf = (endpoint: string): string => endpoint.slice(0, endpoint.indexOf("/"));

export function settle(books: Books): Ledger {
  const { intents, acknowledged, endpoints, notes, deadLettered, pending, kills } = books;
  const taken = takenAt(notes);
  const owed = owedBy(acknowledged, endpoints);
  const undelivered = owed.filter((pair) => !taken.has(pair));
  const dead = undelivered.filter((pair) => deadLettered.has(pair));
  const waiting = undelivered.filter((pair) => !deadLettered.has(pair) && pending.has(pair));
  const lost = undelivered.filter((pair) => !deadLettered.has(pair) && !pending.has(pair));
  const wrong = notes.filter(
    ({ wrong, number }) => wrong !== null || number === null || !intents.has(number),
  );
  const again = [...taken].flatMap(([pair, times]) =>
    times.slice(1).map((_, index) => ({ pair, firstAt: times[index] ?? 0 })),
  );
  const unexplained = again.filter(
    ({ firstAt }) => !kills.some((at) => at >= firstAt && at - firstAt < WRITTEN_MS),
  );
  return {
    intents: intents.size,
    acknowledged: acknowledged.size,
    owed: owed.length,
    delivered: owed.length - undelivered.length,
    deadLettered: dead.length,
    pending: waiting.length,
    lost: lost.length,
    wrong: wrong.length,
    duplicates: again.length,
    unexplained: unexplained.length,
    examples: [
      ...lost.slice(0, EXAMPLES).map((pair) => `lost: ${pair}`),
      ...wrong.slice(0, EXAMPLES).map((note) => `wrong: ${JSON.stringify(note)}`),
      ...unexplained
        .slice(0, EXAMPLES)
        .map(({ pair, firstAt }) => `twice without a kill: ${pair}, ${sinceKill(kills, firstAt)}`),
    ],
  };
}

function sinceKill(kills: readonly number[], at: number): string {
  const before = kills.findLast((kill) => kill <= at);
  return before === undefined ? "before any" : `${at - before} ms after one`;
}

/** For each pair when it was answered with a 2xx, in order. */
function takenAt(notes: readonly Note[]): Map<string, number[]> {
  const taken = new Map<string, number[]>();
  for (const { endpoint, number, status, at } of notes) {
    if (number === null || status < 200 || status > 299) continue;
    const pair = pairOf(endpoint, number);
    const times = taken.get(pair);
    if (times) times.push(at);
    else taken.set(pair, [at]);
  }
  return taken;
}

/** Every endpoint of the order's store is owed it. */
const owedBy = (numbers: ReadonlySet<string>, endpoints: readonly string[]): string[] =>
  [...numbers].flatMap((number) =>
    endpoints
      .filter((endpoint) => storeOf(endpoint) === tagOf(number))
      .map((endpoint) => pairOf(endpoint, number)),
  );
