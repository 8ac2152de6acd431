import { createHmac } from "node:crypto";
import type { Contract } from "@ticketrail/contracts";
import type { Clock } from "../domain/id.ts";
import type {
  Destination,
  Parcel,
  Sender,
  SendOutcome,
  SendRequest,
  SigningKey,
  Transport,
} from "./sender.ts";

const NO_SECRET: SendOutcome = {
  statusCode: null,
  error: "secret_unavailable",
  durationMs: 0,
  retryAfterMs: null,
};

export interface SignedSenderParts {
  readonly transport: Transport;
  readonly contracts: readonly Contract[];
  /** The hub's own time, by which secrets expire. */
  readonly clock: Clock;
  /** What attempts are stamped with: receivers hold it against their own. */
  readonly wallClock: Clock;
}

/** Signs each attempt at the moment it is made, and hands it to the transport. */
export function signedSender({ transport, contracts, clock, wallClock }: SignedSenderParts): Sender {
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  return {
    send(destination, parcel) {
      const contract = byName.get(destination.contract);
      const request = contract
        ? requestFor(contract, destination, parcel, clock.now(), wallClock.now())
        : null;
      return request ? transport.send(request) : Promise.resolve(NO_SECRET);
    },
    close: () => transport.close(),
  };
}

/** The request for one attempt; null where the endpoint has no usable secret. */
function requestFor(
  { signing }: Contract,
  { url, keys, headers, encoding }: Destination,
  { id: deliveryId, eventId, eventType, body }: Parcel,
  now: number,
  stampedAt: number,
): SendRequest | null {
  const live = keysAt(keys, signing.overlap, now);
  if (live.length === 0) return null;
  const timestamp =
    signing.timestampUnit === "ms" ? String(stampedAt) : String(Math.floor(stampedAt / 1_000));
  const stamp = { eventId, eventType, deliveryId, timestamp };
  const signed = signing.prefix(stamp) + body;
  const signatures = live.map(({ key }) => createHmac("sha256", key).update(signed).digest(encoding));
  // Not spread: V8 makes a hidden class anew for what is spread into a spread object, which takes ten times as long.
  return { url, headers: Object.assign({}, headers, signing.headers(stamp, signatures)), body };
}

/** The newest alone, save where verifiers read several. */
function keysAt(keys: readonly SigningKey[], overlap: boolean, now: number): readonly SigningKey[] {
  if (keys.length <= 1) return keys;
  const live = keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  return overlap ? live : live.slice(0, 1);
}
