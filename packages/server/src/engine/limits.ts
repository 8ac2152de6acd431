export interface LaneLimits {
  /** Requests at once to one endpoint. */
  readonly maxInFlight: number;
  /** Requests at once to one that keeps failing, or of which nothing is known yet. */
  readonly minInFlight: number;
  /** Places in memory for one endpoint's deliveries. */
  readonly window: number;
}

export interface DispatchLimits {
  readonly lane: LaneLimits;
  /** Requests at once, over all endpoints. */
  readonly maxInFlight: number;
  /** Places in memory, over all endpoints. */
  readonly window: number;
}

export const DEFAULT_LIMITS: DispatchLimits = {
  lane: { maxInFlight: 64, minInFlight: 4, window: 1_024 },
  // Eight endpoints may have all of their 64 at once.
  maxInFlight: 1_536,
  window: 6_144,
};
