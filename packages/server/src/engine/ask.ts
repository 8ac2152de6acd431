import { HOUR_MS, hourOf } from "../domain/store.ts";
import type { ClaimResult } from "../store/driver.ts";
import { type Lane, LIMITED_RETRY_MS } from "./lane.ts";

/** What one lane is asked for, and how it stood then. */
export interface Ask {
  readonly lane: Lane;
  readonly max: number;
  /** Kept for them. */
  readonly places: number;
  /** The claim takes all there is, so that what is accepted from now on may be handed over behind it. */
  readonly reopens: boolean;
  readonly queueing: number;
  readonly queuedCount: number;
  readonly retryCount: number;
  readonly abandonedCount: number;
  readonly toldCount: number;
  readonly drains: number;
}

/** First attempts and others that a claim brought. */
export interface Taken {
  first: number;
  again: number;
}

/**
 * The store runs calls in the order they are made: accepts that are under way commit before the claim, later ones
 * after it. So a claim with room for all that is counted ends the backlog when it is made, not when it is answered;
 * else steady traffic would never leave it.
 */
export function askFor(lane: Lane, max: number, places: number): Ask {
  const { queueing, queuedCount, retryCount, abandonedCount, toldCount, drains } = lane;
  const reopens = lane.counted && lane.limitedUntil === 0 && lane.depth + lane.retries + lane.queueing <= max;
  if (reopens) lane.backlog = false;
  lane.askedAt = drains;
  return { lane, max, places, reopens, queueing, queuedCount, retryCount, abandonedCount, toldCount, drains };
}

/** What the lane still has in the store, and whether new deliveries must queue behind it. */
export function settleLane(ask: Ask, taken: Taken, result: ClaimResult, now: number): void {
  const { lane } = ask;
  const next = result.next[lane.endpointId] ?? null;
  // What others have left since it was made it may have missed.
  const told = lane.toldCount !== ask.toldCount;
  if (next === null) {
    lane.counted = !told;
    // It has taken what was under way when it was made; of what was given up meanwhile that is not known.
    const underWay = lane.abandonedCount === ask.abandonedCount ? ask.queueing : 0;
    lane.depth = Math.max(0, lane.queuedCount - ask.queuedCount - underWay);
    lane.retries = lane.retryCount - ask.retryCount;
  } else {
    lane.depth = Math.max(0, lane.depth - taken.first);
    lane.retries = Math.max(0, lane.retries - taken.again);
  }
  if (result.rateLimited) {
    lane.limitedUntil = (hourOf(now) + 1) * HOUR_MS;
    const retryAt = next !== null && next > now ? next : now + LIMITED_RETRY_MS;
    lane.backlog = true;
    lane.nextDueAt = Math.min(lane.limitedUntil, retryAt);
    return;
  }
  lane.limitedUntil = 0;
  const added = ask.reopens ? lane.backlog : lane.queuedCount !== ask.queuedCount || lane.queueing > 0;
  lane.backlog = added || told || (next !== null && next <= now);
  lane.nextDueAt = lane.backlog ? Math.min(next ?? now, now) : next;
}
