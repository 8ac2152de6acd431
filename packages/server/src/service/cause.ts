import type { DeliveryCause } from "../domain/delivery.ts";
import { HOUR_MS, HOURLY_LIMIT, hourOf } from "../domain/store.ts";
import type { DeliveryDetail } from "../store/driver.ts";

/** Why a delivery has not arrived, in one word, and when it may be tried next; null: not before somebody acts. */
export interface Waiting {
  readonly cause: DeliveryCause;
  readonly nextAttemptAt: number | null;
}

/** The nearest obstacle wins: what would keep it from being sent even if all else were well. */
export function causeOf(delivery: DeliveryDetail, now: number): Waiting {
  const { status, endpointState, nextAttemptAt } = delivery;
  if (status === "delivered") return { cause: "delivered", nextAttemptAt: null };
  if (status === "cancelled" || endpointState === "deleted") {
    return { cause: "endpoint_deleted", nextAttemptAt: null };
  }
  if (status === "dead_letter") {
    return { cause: delivery.refused ? "refused_by_endpoint" : "attempts_exhausted", nextAttemptAt: null };
  }
  if (delivery.leased) return { cause: "sending", nextAttemptAt };
  if (endpointState === "paused") return { cause: "endpoint_paused", nextAttemptAt: null };
  if (endpointState === "disabled") return { cause: "endpoint_disabled", nextAttemptAt: null };
  if (isRateLimited(delivery)) {
    const nextHour = (hourOf(now) + 1) * HOUR_MS;
    return { cause: "rate_limited", nextAttemptAt: Math.max(nextHour, nextAttemptAt ?? 0) };
  }
  const failing = delivery.failures > 0 || delivery.endpointFailures > 0;
  return { cause: failing ? "endpoint_failing" : "queued", nextAttemptAt };
}

/** Only first attempts count against the plan. contracts: "Rate limit". */
function isRateLimited(delivery: DeliveryDetail): boolean {
  const limit = HOURLY_LIMIT[delivery.storePlan];
  return limit !== null && delivery.storeUsed >= limit && delivery.attempts.length === 0 && !delivery.test;
}
