import type { RetryPolicy } from "@ticketrail/contracts";
import type { Settlement } from "../store/driver.ts";
import type { SendOutcome } from "./sender.ts";

export interface Decision {
  readonly settlement: Settlement;
  /** The endpoint has said that it is gone for good. */
  readonly disablesEndpoint: boolean;
}

/**
 * What follows an attempt. Pure and total.
 * Delays count from the attempt's end, without jitter: the published tables show exact times.
 * `Retry-After` may put the next attempt later, never earlier.
 */
export function decide(
  delivery: { readonly failures: number; readonly test: boolean },
  outcome: SendOutcome,
  policy: RetryPolicy,
  endedAt: number,
  retryScale: number,
): Decision {
  if (outcome.error === null) {
    return { settlement: { status: "delivered" }, disablesEndpoint: false };
  }
  if (delivery.test) {
    return { settlement: { status: "dead_letter", refused: false }, disablesEndpoint: false };
  }
  const action = policy.onFailure(outcome.statusCode);
  const delayMs = policy.delaysMs[delivery.failures];
  if (action !== "retry" || delayMs === undefined) {
    return {
      settlement: { status: "dead_letter", refused: action !== "retry" },
      disablesEndpoint: action === "disable",
    };
  }
  const waitMs = Math.max(Math.round(delayMs * retryScale), outcome.retryAfterMs ?? 0);
  return {
    settlement: { status: "retrying", nextAttemptAt: endedAt + waitMs },
    disablesEndpoint: false,
  };
}
