import type { ClaimedDelivery } from "../store/driver.ts";

/** A delivery that this process holds a lease on. */
export interface Held {
  readonly delivery: ClaimedDelivery;
  readonly token: string;
  /** It was handed over past a backlog. */
  readonly passes: boolean;
}

/** What one place in memory has room for, in characters. A larger body takes several. */
const PLACE_SIZE = 16_384;
export const placesOf = (body: string): number => 1 + Math.floor(body.length / PLACE_SIZE);
