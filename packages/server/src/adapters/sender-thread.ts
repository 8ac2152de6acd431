import { once } from "node:events";
import type { MessagePort, Worker } from "node:worker_threads";
import type { AttemptError } from "../domain/delivery.ts";
import type { Destination, Parcel, Sender, SendOutcome } from "../engine/sender.ts";

/** What one turn of the event loop has to send. `null` asks the thread to end. */
type Sending = {
  /** The numbers given out so far mean nothing any more. */
  readonly anew: boolean;
  /** Destinations that the thread has not seen, by number. */
  readonly destinations: readonly (readonly [number: number, destination: Destination])[];
  /** Flat, since that is cheapest to copy: slot, destination's number, delivery, event, event's type, body; `null` for a body that is the one before. */
  readonly parcels: readonly (number | string | null)[];
} | null;
const PARCEL_FIELDS = 6;

/** Flat as well: slot, status, error, duration, retry after. */
type Outcomes = readonly (number | string | null)[];
const OUTCOME_FIELDS = 5;

const BEGUN_IN_A_TURN = 32;

/** Beyond this, both sides forget what they know of destinations. */
const MOST_DESTINATIONS = 20_000;

/**
 * A sender on a thread of its own, so that signing and sockets do not take turns with everything else. Resolves when
 * the thread can send: what it is given sooner would all go out at once. Rejects with the reason why it cannot.
 */
export async function senderThread(worker: Worker): Promise<Sender> {
  await once(worker, "message");
  return sendingTo(worker);
}

function sendingTo(worker: Worker): Sender {
  const exited = once(worker, "exit");
  const waiting: (((outcome: SendOutcome) => void) | undefined)[] = [];
  const freeSlots: number[] = [];
  const numbers = new Map<Destination, number>();
  let destinations: [number, Destination][] = [];
  let parcels: (number | string | null)[] = [];
  let lastBody: string | null = null;
  let anew = false;
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    worker.postMessage({ anew, destinations, parcels } satisfies Sending);
    destinations = [];
    parcels = [];
    lastBody = null;
    anew = numbers.size >= MOST_DESTINATIONS;
    if (anew) numbers.clear();
  };
  const numberOf = (destination: Destination): number => {
    const known = numbers.get(destination);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(destination, number);
    destinations.push([number, destination]);
    return number;
  };

  worker.on("message", (outcomes: Outcomes) => {
    for (let i = 0; i < outcomes.length; i += OUTCOME_FIELDS) {
      const slot = outcomes[i] as number;
      const resolve = waiting[slot];
      waiting[slot] = undefined;
      freeSlots.push(slot);
      resolve?.({
        statusCode: outcomes[i + 1] as number | null,
        error: outcomes[i + 2] as AttemptError | null,
        durationMs: outcomes[i + 3] as number,
        retryAfterMs: outcomes[i + 4] as number | null,
      });
    }
  });
  // What it had under way is unknown. Leases know what to do after an end of the whole process.
  worker.on("error", (error) => {
    throw new Error("The sender's thread has ended.", { cause: error });
  });

  return {
    send: (destination, { id, eventId, eventType, body }) =>
      new Promise((resolve) => {
        const slot = freeSlots.pop() ?? waiting.length;
        waiting[slot] = resolve;
        parcels.push(slot, numberOf(destination), id, eventId, eventType, body === lastBody ? null : body);
        lastBody = body;
        if (scheduled) return;
        scheduled = true;
        setImmediate(flush);
      }),
    async close() {
      if (scheduled) flush();
      worker.postMessage(null);
      await exited;
    },
  };
}

/**
 * The thread's side: makes the attempts it is sent, and tells their outcomes together at the end of each turn. It begins
 * a few in each turn, since sockets are read between turns: all at once, and both threads would wait for each other.
 */
export function serveSender(port: MessagePort, sender: Sender): void {
  const known = new Map<number, Destination>();
  const waiting: Sending[] = [];
  /** Where in the first of those that wait, and the body before it. */
  let place = 0;
  let body = "";
  let outcomes: (number | string | null)[] = [];

  const flush = (): void => {
    port.postMessage(outcomes satisfies Outcomes);
    outcomes = [];
  };
  const ended = (slot: number, { statusCode, error, durationMs, retryAfterMs }: SendOutcome): void => {
    if (outcomes.length === 0) setImmediate(flush);
    outcomes.push(slot, statusCode, error, durationMs, retryAfterMs);
  };
  const begin = (parcels: NonNullable<Sending>["parcels"]): void => {
    const slot = parcels[place] as number;
    body = (parcels[place + 5] as string | null) ?? body;
    const parcel: Parcel = {
      id: parcels[place + 2] as string,
      eventId: parcels[place + 3] as string,
      eventType: parcels[place + 4] as string,
      body,
    };
    const destination = known.get(parcels[place + 1] as number) as Destination;
    void sender.send(destination, parcel).then((outcome) => ended(slot, outcome));
  };

  const turn = (): void => {
    let left = BEGUN_IN_A_TURN;
    for (let sending = waiting[0]; sending !== undefined; sending = waiting[0]) {
      if (sending === null) {
        void sender.close().then(() => setImmediate(() => port.close()));
        return;
      }
      const { anew, destinations, parcels } = sending;
      if (anew && place === 0) known.clear();
      for (const [number, destination] of destinations) known.set(number, destination);
      for (; place < parcels.length && left > 0; left--, place += PARCEL_FIELDS) begin(parcels);
      if (place < parcels.length) {
        setImmediate(turn);
        return;
      }
      waiting.shift();
      place = 0;
    }
  };

  port.on("message", (sending: Sending) => {
    if (waiting.push(sending) === 1) turn();
  });
  port.postMessage("ready");
}
