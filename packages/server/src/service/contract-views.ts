import { STATUS_CODES } from "node:http";
import type { AttemptView, DeliveryView, EndpointView } from "@ticketrail/contracts";
import type { Attempt, Delivery } from "../domain/delivery.ts";
import { isoTime } from "../domain/id.ts";
import type { AttemptRow, DeliveryDetail, EndpointWithRecord } from "../store/driver.ts";

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export const endpointView = ({ endpoint, record }: EndpointWithRecord): EndpointView => ({
  id: endpoint.id,
  url: endpoint.url,
  events: endpoint.events,
  isActive: endpoint.state === "active",
  createdAt: isoTime(endpoint.createdAt),
  lastDeliveryAt: timeOrNull(record.lastSuccessAt),
  failureCount: record.consecutiveFailures,
});

/** contracts: "Ordeliya attempt rows". Only a delivery's last attempt says how the delivery itself stands. */
export function attemptView({ delivery, attempt }: AttemptRow, now: number): AttemptView {
  const status = statusOf(delivery, attempt, now);
  const waits = status === "failed" && isLast(delivery, attempt) && isOpen(delivery);
  return {
    deliveryId: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    status,
    number: attempt.number,
    at: isoTime(attempt.at),
    statusCode: attempt.statusCode,
    error: errorText(attempt),
    durationMs: attempt.durationMs,
    nextAttemptAt: waits || status === "retrying" ? timeOrNull(delivery.nextAttemptAt) : null,
  };
}

interface Failure {
  readonly error: string | null;
  readonly statusCode: number | null;
}

/** Ordeliya's example says "Internal Server Error": a status in its own words, anything else in one of ours. */
export const errorText = ({ error, statusCode }: Failure): string | null =>
  error !== null && statusCode !== null ? (STATUS_CODES[statusCode] ?? `HTTP ${statusCode}`) : error;

function statusOf(delivery: DeliveryDetail, attempt: Attempt, now: number): AttemptView["status"] {
  if (attempt.error === null) return "delivered";
  if (!isLast(delivery, attempt) || delivery.test) return "failed";
  if (delivery.status === "dead_letter") return "dead_letter";
  if (!isOpen(delivery)) return "failed";
  return delivery.leased || (delivery.nextAttemptAt ?? 0) <= now ? "retrying" : "failed";
}

const isLast = (delivery: Delivery, attempt: Attempt): boolean =>
  delivery.attempts.every(({ number }) => number <= attempt.number);

const isOpen = ({ status }: Delivery): boolean => status === "pending" || status === "retrying";

/** contracts: "Olympus delivery rows". Null for a delivery that has not been tried. */
export function deliveryView(delivery: Delivery): DeliveryView | null {
  const last = delivery.attempts.at(-1);
  if (!last) return null;
  return {
    id: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    status: last.error === null ? "success" : "failed",
    statusCode: last.statusCode,
    durationMs: last.durationMs,
    at: isoTime(last.at),
    // Before a replay that failed it may have been delivered once.
    deliveredAt: last.error === null ? timeOrNull(delivery.deliveredAt) : null,
    nextAttemptAt: timeOrNull(delivery.nextAttemptAt),
  };
}
