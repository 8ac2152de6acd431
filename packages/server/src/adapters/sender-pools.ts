import type { buildConnector, Dispatcher } from "undici";
import { Pool } from "./undici.ts";

/** Below what nginx (75 s) and most balancers (60 s) allow; a receiver that keeps less says so in `keep-alive`. */
const KEEP_ALIVE_MS = 15_000;
const MAX_KEEP_ALIVE_MS = 60_000;

/** The connections to one origin. */
export interface Origin {
  readonly dispatcher: Dispatcher;
  inFlight: number;
  /** Counts uses of all origins: the higher, the more recent. */
  lastUse: number;
}

export interface OriginPools {
  /** Makes the origin the most recently used. */
  use(origin: string): Origin;
  readonly size: number;
  close(): Promise<void>;
}

/** A keep-alive pool for each origin, up to `maxOrigins`; beyond that the longest unused gives way. */
export function originPools(options: {
  readonly connect: buildConnector.connector;
  readonly connectionsPerOrigin: number;
  readonly maxOrigins: number;
}): OriginPools {
  const origins = new Map<string, Origin>();
  let uses = 0;

  const open = (origin: string): Origin => {
    const dispatcher = new Pool(origin, {
      connect: options.connect,
      connections: options.connectionsPerOrigin,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      // The sender has one deadline for a whole attempt, queueing and connecting included.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
    return { dispatcher, inFlight: 0, lastUse: 0 };
  };

  const evict = (): void => {
    let oldest: [string, Origin] | null = null;
    for (const entry of origins) {
      if (entry[1].inFlight > 0) continue;
      if (oldest === null || entry[1].lastUse < oldest[1].lastUse) oldest = entry;
    }
    if (oldest === null) return;
    origins.delete(oldest[0]);
    // Idle by our count: all that can be left in it are requests whose attempt is over.
    void oldest[1].dispatcher.destroy();
  };

  return {
    use(name) {
      let origin = origins.get(name);
      if (origin === undefined) {
        if (origins.size >= options.maxOrigins) evict();
        origin = open(name);
        origins.set(name, origin);
      }
      origin.lastUse = ++uses;
      return origin;
    },
    get size() {
      return origins.size;
    },
    async close() {
      const closing = [...origins.values()].map(({ dispatcher }) => dispatcher.destroy());
      origins.clear();
      await Promise.all(closing);
    },
  };
}
