import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { headerOf, Messages } from "../wire/messages.mjs";
import { PROBE, sequenceOf } from "../wire/template.mjs";
import { nowMicros, serve } from "./child.mjs";

/**
 * Receivers, as cheap as they can be made: an address each, a 200 for every request, and for each event's number and
 * each receiver's `slot` (its place in the fan-out) the time at which it first arrived.
 */
const OK = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
const CHUNK = 65_536;
const FEEDBACK_MS = 5;

/** @type {{slot: number, hangs: boolean, isProbed: boolean, secret: string | null, received: number}[]} */
const receivers = [];
/** Arrival times by slot, then by chunks of event numbers: 0 is not arrived. @type {Float64Array[][]} */
let arrivals = [];
const NOTHING = { received: 0, distinct: 0, fresh: 0, duplicates: 0, unknown: 0, checked: 0, wrong: 0 };
let counts = { ...NOTHING };
/** From this number on, an event is new: the distinct ones count as `fresh` besides. */
let newFrom = Number.POSITIVE_INFINITY;
let checkEvery = 100;
/** What the names of a signature's headers begin with. */
let signatureHeaders = "webhook";
/** @type {Set<import("node:net").Socket>} */
const feedback = new Set();

/** @param {import("node:net").Socket} socket @param {typeof receivers[number]} receiver */
function attend(socket, receiver) {
  const messages = new Messages((head, body) => {
    receiver.received++;
    if (receiver.hangs) return;
    take(receiver, head, body);
    socket.write(OK);
  });
  socket.setNoDelay(true);
  socket.on("data", (chunk) => messages.push(chunk));
  socket.on("error", () => {});
}

/** @param {typeof receivers[number]} receiver @param {string} head @param {Buffer} body */
function take(receiver, head, body) {
  const sequence = sequenceOf(body);
  if (sequence === PROBE) {
    receiver.isProbed = true;
    return;
  }
  counts.received++;
  if (sequence < 0) {
    counts.unknown++;
    return;
  }
  const chunk = chunkOf(receiver.slot, Math.floor(sequence / CHUNK));
  const at = sequence % CHUNK;
  if (chunk[at] === 0) {
    chunk[at] = nowMicros();
    counts.distinct++;
    if (sequence >= newFrom) counts.fresh++;
  } else {
    counts.duplicates++;
  }
  if (receiver.secret !== null && counts.received % checkEvery === 0) check(receiver.secret, head, body);
}

/** @param {number} slot @param {number} index */
function chunkOf(slot, index) {
  arrivals[slot] ??= [];
  arrivals[slot][index] ??= new Float64Array(CHUNK);
  return arrivals[slot][index];
}

/** Standard Webhooks, perhaps under other headers' names. @param {string} secret @param {string} head @param {Buffer} body */
function check(secret, head, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const header = (/** @type {string} */ name) => headerOf(head, `${signatureHeaders}-${name}`);
  const prefix = `${header("id")}.${header("timestamp")}.`;
  const wanted = `v1,${createHmac("sha256", key).update(prefix).update(body).digest("base64")}`;
  counts.checked++;
  if (!(header("signature") ?? "").split(" ").includes(wanted)) counts.wrong++;
}

/** @param {import("node:net").Server} server @param {string} host @returns {Promise<number>} */
const listening = (server, host = "127.0.0.1") =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host, backlog: 1024 }, () => {
      resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
    });
  });

setInterval(() => {
  if (feedback.size === 0) return;
  const line = Buffer.alloc(8);
  line.writeDoubleLE(counts.distinct);
  for (const socket of feedback) socket.write(line);
}, FEEDBACK_MS).unref();

serve({
  /** @param {{slots: number[], host?: string}} input */
  async open({ slots, host }) {
    const ports = [];
    for (const slot of slots) {
      const receiver = { slot, hangs: false, isProbed: false, secret: null, received: 0 };
      receivers.push(receiver);
      const server = createServer((socket) => attend(socket, receiver));
      ports.push(await listening(server, host));
    }
    return ports;
  },
  /** A port that is told the number of distinct arrivals every few milliseconds, as a double. */
  feedback: () =>
    listening(
      createServer((socket) => {
        feedback.add(socket.on("error", () => {}).on("close", () => feedback.delete(socket)));
      }),
    ),
  /** @param {{secrets: (string | null)[], headers: string | null, checkEvery: number}} input */
  trust(input) {
    checkEvery = input.checkEvery;
    signatureHeaders = input.headers ?? signatureHeaders;
    input.secrets.forEach((secret, index) => {
      receivers[index].secret = secret;
    });
  },
  /** @param {{receiver: number, hangs: boolean}} input */
  hang({ receiver, hangs }) {
    receivers[receiver].hangs = hangs;
  },
  counts: () => ({ ...counts, at: nowMicros() }),
  /** How many have had no probe yet. */
  unprobed: () => receivers.filter(({ isProbed }) => !isProbed).length,
  /** Requests that each receiver has seen. */
  perReceiver: () => receivers.map(({ received }) => received),
  /** What tells new events from those before. @param {{from: number}} input */
  markNew({ from }) {
    newFrom = from;
  },
  /** Arrival times of one slot, by event number, from one to another. @param {{slot: number, length: number, from?: number}} input */
  arrivals({ slot, length, from: first = 0 }) {
    const times = new Float64Array(length);
    (arrivals[slot] ?? []).forEach((chunk, index) => {
      const from = index * CHUNK;
      if (from < length) times.set(chunk.subarray(0, length - from), from);
    });
    return times.slice(first);
  },
  reset() {
    arrivals = [];
    counts = { ...NOTHING };
  },
});
