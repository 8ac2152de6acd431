import type { ClaimedDelivery } from "../store/driver.ts";

/** A delivery that this process may send. */
export interface Held {
  readonly delivery: ClaimedDelivery;
  /** Of its lease; null: it has none, and is sent as the holder of its lane. */
  readonly token: string | null;
  /** It was handed over past a backlog. */
  readonly passes: boolean;
}

/** What one place in memory has room for, in characters. A larger body takes several. */
const PLACE_SIZE = 16_384;
export const placesOf = (body: string): number => 1 + Math.floor(body.length / PLACE_SIZE);
