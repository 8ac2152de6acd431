import type { Clock } from "../domain/id.ts";
import type { StoreDriver } from "../store/driver.ts";
import type { Lane } from "./lane.ts";
import { seldom } from "./seldom.ts";

export interface PressureLimits {
  /**
   * Deliveries that wait behind healthy endpoints, in memory and in the store, above which accepting slows down: less than
   * there are places in memory, since what finds none costs the store several times as much.
   */
  readonly depth: number;
  /**
   * Share of its time that the event loop must be busy for the queue to count as its own fault. Never all of it: it also
   * waits for the store's thread and the sender's, which have the same cores.
   */
  readonly busy: number;
  /** Of a store that others send from: deliveries in it, and how long the oldest that is due has waited. */
  readonly pending: number;
  readonly waitedMs: number;
}

export const PRESSURE: PressureLimits = { depth: 2_000, busy: 0.65, pending: 20_000, waitedMs: 5_000 };

/** How long one answer of the store holds at least. */
const ASK_MS = 2_000;

/** Of a process that sends. A queue behind a slow, silent, failing, paused or rate-limited endpoint does not count. */
export const pressureOfLanes =
  (lanes: () => Iterable<Lane>, load: () => number, clock: Clock, limits: PressureLimits) => (): boolean => {
    const busy = load();
    const now = clock.now();
    let depth = 0;
    for (const lane of lanes()) if (lane.isHealthy(now)) depth += lane.depth + lane.held - lane.inFlight;
    return depth > limits.depth && busy > limits.busy;
  };

/**
 * Of a process that only accepts: it sees no lane. The queue must be long, late and growing; a long one alone may be
 * an endpoint that is paused, and one that shrinks is being dealt with.
 */
export function pressureOfQueue(
  driver: Pick<StoreDriver, "queueStats">,
  clock: Clock,
  limits: PressureLimits,
  onTrouble: (error: unknown) => void,
): () => boolean {
  let pressed = false;
  let before = Number.POSITIVE_INFINITY;
  const ask = async () => {
    const { pending, oldestDueAt } = await driver.queueStats();
    const waitedMs = oldestDueAt === null ? 0 : clock.now() - oldestDueAt;
    pressed = pending > limits.pending && waitedMs > limits.waitedMs && pending > before;
    before = pending;
  };
  const look = seldom(() => ask().catch(onTrouble), clock, ASK_MS);
  return () => {
    void look();
    return pressed;
  };
}
