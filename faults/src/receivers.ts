import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BEHAVIOURS, type BehaviourName } from "./behaviours.ts";
import { type Dice, seededDice } from "./dice.ts";
import type { Note } from "./ledger.ts";
import { bodyFault, type ContractName, numberIn } from "./orders.ts";
import { serve } from "./processes.ts";
import { isGenuine } from "./signatures.ts";

/** The receivers' process: all endpoints at one port, told apart by path, and every request noted with a verdict. */
export interface Trusted {
  /** `A/sela`: the path, and the name in the books. */
  readonly endpoint: string;
  readonly contract: ContractName;
  readonly secret: string;
  readonly store: { readonly tag: string; readonly id: string };
  readonly behaviour: BehaviourName;
}

const trusted = new Map<string, Trusted>();
const notes: Note[] = [];
const times = new Map<string, number>();
let dice: Dice = seededDice(1);
let down = false;
/** By how much the hub's wall clock is moved, and was before: either may have stamped what arrives now. */
let clockOffsets: readonly number[] = [0];
let inFlight = 0;
/** [ms since the receiver came back, requests in flight], at each arrival. */
let arrivals: [number, number][] = [];
let backAt = 0;

function verdictOf(target: Trusted, request: IncomingMessage, body: string): Note["wrong"] {
  const now = Date.now();
  const possible = clockOffsets.map((offsetMs) => now + offsetMs);
  if (!isGenuine(target.contract, request.headers, body, target.secret, possible)) return "signature";
  return bodyFault(target.contract, body, target.store);
}

function take(request: IncomingMessage, response: ServerResponse, body: string): void {
  const endpoint = (request.url ?? "/").slice(1);
  const target = trusted.get(endpoint);
  const number = numberIn(body);
  const wrong = target ? verdictOf(target, request, body) : "store";
  const pair = `${endpoint} ${number}`;
  const visits = (times.get(pair) ?? 0) + 1;
  times.set(pair, visits);
  const behaviour = BEHAVIOURS[target?.behaviour ?? "failing"];
  const status = behaviour({ response, times: visits, dice, down });
  notes.push({ endpoint, number, at: Date.now(), status, wrong });
}

const server = createServer((request, response) => {
  inFlight += 1;
  if (backAt > 0) arrivals.push([Date.now() - backAt, inFlight]);
  response.on("close", () => {
    inFlight -= 1;
  });
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => take(request, response, Buffer.concat(chunks).toString()));
  request.on("error", () => undefined);
});
server.keepAliveTimeout = 60_000;

const CALLS = {
  /** Answers the port. */
  listen: async (input: { readonly seed: number }): Promise<number> => {
    dice = seededDice(input.seed);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  trust: (target: Trusted): void => void trusted.set(target.endpoint, target),
  clockMoved: (offsets: readonly number[]): void => {
    clockOffsets = offsets;
  },
  setDown: (isDown: boolean): void => {
    down = isDown;
    backAt = isDown ? 0 : Date.now();
    arrivals = [];
  },
  arrivals: (_: null) => arrivals,
  /** How many requests there have been. */
  count: (_: null) => notes.length,
  /** Which endpoints an order has come to. */
  reached: (number: string) => [
    ...new Set(notes.filter((note) => note.number === number).map(({ endpoint }) => endpoint)),
  ],
  notes: (from: number) => notes.slice(from),
};
export type ReceiverCalls = typeof CALLS;

serve(CALLS);
