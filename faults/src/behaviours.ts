import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { Dice } from "./dice.ts";

/** What is known of a request when it is to be answered. */
export interface Visit {
  readonly response: ServerResponse;
  /** How often the same order has come to the same endpoint, this time included. */
  readonly times: number;
  readonly dice: Dice;
  /** The receiver is in its outage. */
  readonly down: boolean;
}

/** Answers, and says with which status; 0 where nothing that counts is answered. */
type Answer = (visit: Visit) => number;

const MEGABYTE = Buffer.alloc(1_048_576, 0x20);
/** 64 MB of nothing in 64 KB. */
const BOMB = gzipSync(Buffer.alloc(64 * 1_048_576));
const GIGABYTE = 1_073_741_824;
const DRIP_MS = 200;
/** Longer than the first delay of the table. */
export const RETRY_AFTER_SECONDS = 7;
/** How long the receiver of the outage takes to answer anything. */
export const BUSY_MS = 20;

const answer = (response: ServerResponse, status: number, headers: Record<string, string> = {}): number => {
  response.writeHead(status, headers).end();
  return status;
};

/** Writes as long as the other side takes it. */
function pour(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(MEGABYTE));
  };
  response.on("drain", more);
  more();
}

function drip(response: ServerResponse): number {
  const socket = response.socket;
  socket?.write("HTTP/1.1 200 OK\r\nx-slow: ");
  const timer = setInterval(() => socket?.write("."), DRIP_MS);
  socket?.on("close", () => clearInterval(timer));
  return 0;
}

/** By name, so that the runner can ask for them in another process. */
export const BEHAVIOURS = {
  good: ({ response }) => answer(response, 200),
  /** One answer in ten is a 500. */
  flaky: ({ response, dice }) => answer(response, dice() < 0.1 ? 500 : 200),
  /** As flaky, and one in a hundred is a refusal, which some contracts take for final. */
  picky: ({ response, dice }) => answer(response, dice() < 0.01 ? 400 : dice() < 0.1 ? 500 : 200),
  /** Fails each order the first time. */
  second: ({ response, times }) => answer(response, times === 1 ? 503 : 200),
  failing: ({ response }) => answer(response, 500),
  /** 503 while it is down, and slow at all times. */
  outage: ({ response, down }) => {
    setTimeout(() => answer(response, down ? 503 : 200), BUSY_MS);
    return down ? 503 : 200;
  },
  hang: () => 0,
  reset: ({ response }) => {
    response.socket?.resetAndDestroy();
    return 0;
  },
  drip: ({ response }) => drip(response),
  endless: ({ response }) => {
    response.writeHead(200);
    pour(response);
    return 200;
  },
  gigabyte: ({ response }) => {
    response.writeHead(200, { "content-length": String(GIGABYTE) });
    pour(response);
    return 200;
  },
  bomb: ({ response }) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(BOMB);
    return 200;
  },
  redirect: ({ response }) => answer(response, 302, { location: "http://127.0.0.1:1/elsewhere" }),
  empty: ({ response }) => answer(response, 204),
  gone: ({ response }) => answer(response, 410),
  /** Asks once to be left alone for a while. */
  busy: ({ response, times }) =>
    times === 1
      ? answer(response, 429, { "retry-after": String(RETRY_AFTER_SECONDS) })
      : answer(response, 200),
} satisfies Readonly<Record<string, Answer>>;
export type BehaviourName = keyof typeof BEHAVIOURS;
