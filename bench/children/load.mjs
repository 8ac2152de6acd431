import { connect } from "node:net";
import { Connections } from "../wire/connections.mjs";
import { compile } from "../wire/template.mjs";
import { nowMicros, serve } from "./child.mjs";

/**
 * The load generator. Events are numbered; for each it keeps when it was meant to be sent and when it was accepted.
 * An event that was refused for now (429, 503, a broken connection) is sent again under its own number and time.
 */
const GROW = 65_536;
const REFUSED_PAUSE_MS = 20;

/** @type {Connections} */
let connections;
/** @type {((sequence: number) => Buffer)[]} */
let templates = [];
/** Which template an event takes. @type {(sequence: number) => number} */
let templateOf = () => 0;
let meantAt = new Float64Array(GROW);
let acceptedAt = new Float64Array(GROW);
/** @type {number[]} */
const again = [];
let next = 0;
const counts = { accepted: 0, refused: 0, broken: 0, wrong: 0 };
/** Why something was neither accepted nor refused for now. @type {Record<string, number>} */
const statuses = {};
/** How late the generator itself was, in µs; events that waited for a free connection are not its fault. @type {number[]} */
const lags = [];
/** Called whenever there may be something to send. @type {() => void} */
let pump = () => {};
/** Distinct arrivals, as the receivers last said. */
let arrived = 0;

function grow() {
  const longer = (/** @type {Float64Array} */ old) => {
    const fresh = new Float64Array(old.length * 2);
    fresh.set(old);
    return fresh;
  };
  meantAt = longer(meantAt);
  acceptedAt = longer(acceptedAt);
}

/** @param {number} sequence */
const transmit = (sequence) => connections.send(templates[templateOf(sequence)](sequence), sequence);

/** A new event, meant for `at`; false when no connection is free. @param {number} at */
function emit(at) {
  if (!transmit(next)) return false;
  if (next >= meantAt.length) grow();
  meantAt[next++] = at;
  return true;
}

/** @param {number} sequence @param {number} status @param {number} retryAfterMs */
function answered(sequence, status, retryAfterMs) {
  if (status === 202 || status === 200 || status === 201) {
    acceptedAt[sequence] = nowMicros();
    counts.accepted++;
    return;
  }
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status === 0) counts.broken++;
  else if (status === 503 || status === 429 || status === 507) counts.refused++;
  else {
    counts.wrong++;
    return;
  }
  setTimeout(
    () => {
      again.push(sequence);
      pump();
    },
    Math.max(retryAfterMs, REFUSED_PAUSE_MS),
  );
}

/** Sends what was refused first. True when all of it is on its way. */
function resend() {
  while (again.length > 0) {
    const sequence = /** @type {number} */ (again.pop());
    if (transmit(sequence)) continue;
    again.push(sequence);
    return false;
  }
  return true;
}

/** @param {number[] | null} pattern */
function direct(pattern) {
  templateOf =
    pattern === null ? (sequence) => sequence % templates.length : (s) => pattern[s % pattern.length];
}

const inFlight = () => next - counts.accepted - counts.wrong;

/**
 * As fast as answers come, while no more than `outstanding` deliveries are under way (0: no such limit).
 * @param {{fanOut: number, outstanding: number, events: number}} input `events` 0: until `stop`
 */
function closedLoop({ fanOut, outstanding, events }) {
  const goal = events === 0 ? Number.POSITIVE_INFINITY : next + events;
  pump = () => {
    if (!resend()) return;
    while (next < goal && (outstanding === 0 || next * fanOut - arrived < outstanding)) {
      if (!emit(nowMicros())) return;
    }
  };
  pump();
}

/**
 * Arrivals on a timetable: an event that is sent late, because all connections are busy, is late from its own time.
 * @param {{rate: number, events: number}} input `events` 0: until `stop`
 */
function openLoop({ rate, events }) {
  const stepMicros = 1e6 / rate;
  const first = next;
  const startAt = nowMicros();
  /** When last every connection was busy. */
  let stuckAt = 0;
  const goal = events === 0 ? Number.POSITIVE_INFINITY : first + events;
  pump = () => {
    if (!resend()) return;
    const now = nowMicros();
    while (next < goal) {
      const dueAt = startAt + (next - first) * stepMicros;
      if (dueAt > now) return;
      if (!emit(dueAt)) {
        stuckAt = now;
        return;
      }
      if (dueAt > stuckAt) lags.push(now - dueAt);
    }
  };
  const timer = setInterval(() => (next < goal ? pump() : clearInterval(timer)), 1);
  stopTimer = () => clearInterval(timer);
}
let stopTimer = () => {};

/** Resolves once every event that was sent is accepted or given up. */
async function settled() {
  while (inFlight() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

serve({
  /** Which store each event goes to from now on, over and over; null: each in turn. @param {{pattern: number[] | null}} input */
  direct: ({ pattern }) => direct(pattern),
  /** @param {{url: string, size: number, feedbackPort: number | null, shapes: any[], pattern: number[] | null}} input */
  async open({ url, size, feedbackPort, shapes, pattern }) {
    const { host: authority, hostname, port, protocol } = new URL(url);
    const isTls = protocol === "https:";
    const address = { host: hostname, port: Number(port || (isTls ? 443 : 80)), tls: isTls ? {} : null };
    templates = shapes.map((shape) => compile(authority, shape));
    direct(pattern);
    connections = new Connections({ ...address, size, onAnswer: answered, onIdle: () => pump() });
    if (feedbackPort === null) return;
    connect({ host: "127.0.0.1", port: feedbackPort }).on("data", (data) => {
      arrived = data.readDoubleLE(data.length - 8);
      pump();
    });
  },
  closed: closedLoop,
  timetable: openLoop,
  /** No new events; resolves when the last one is answered. */
  async stop() {
    stopTimer();
    pump = () => void resend();
    await settled();
    return { ...counts, sent: next, statuses, at: nowMicros() };
  },
  /** Resolves when all that a loop with a goal was to send is answered. @param {{events: number}} input */
  async finished({ events }) {
    while (next < events) await new Promise((resolve) => setTimeout(resolve, 5));
    await settled();
    return { ...counts, sent: next, statuses, at: nowMicros() };
  },
  counts: () => ({ ...counts, sent: next, at: nowMicros() }),
  /** Of the events from a number on, in µs; 0 is not accepted. @param {{from: number} | null} input */
  times: (input) => ({
    meantAt: meantAt.slice(input?.from ?? 0, next),
    acceptedAt: acceptedAt.slice(input?.from ?? 0, next),
    lags: Float64Array.from(lags),
  }),
});
