import type { DispatchLimits } from "./dispatcher.ts";

export const DEFAULT_LIMITS: DispatchLimits = {
  lane: { maxInFlight: 64, minInFlight: 4, window: 1_024 },
  // Eight endpoints may have all of their 64 at once.
  maxInFlight: 1_536,
  window: 6_144,
};
