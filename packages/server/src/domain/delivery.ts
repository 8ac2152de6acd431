/** `retrying` covers every delivery that has failed at least once and has attempts left. */
export const DELIVERY_STATUSES = ["pending", "retrying", "delivered", "dead_letter", "cancelled"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed; one word, for logs and people. */
export type AttemptError =
  | "timeout"
  | "connection_refused"
  | "connection_reset"
  | "dns_failed"
  | "tls_failed"
  | "address_refused"
  | "redirect"
  | "http_status"
  | "protocol_error"
  | "secret_unavailable";

/** One request. */
export interface Attempt {
  /** From 1, over the delivery's whole life. */
  readonly number: number;
  /** Epoch ms when it ended; delays count from here. */
  readonly at: number;
  readonly statusCode: number | null;
  readonly error: AttemptError | null;
  readonly durationMs: number;
}

/** One event for one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  /** In the contract's own words. */
  readonly eventType: string;
  readonly endpointId: string;
  readonly tenantId: string;
  readonly storeId: string;
  readonly contract: string;
  /** What must stay in order: the order's id, or the event's own. */
  readonly subjectId: string;
  readonly status: DeliveryStatus;
  /** When it may be tried next; null once it is settled. */
  readonly nextAttemptAt: number | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  /** A test send counts for nothing and is tried once. */
  readonly test: boolean;
  /** Failed attempts since it was made or replayed: the place in the retry table. */
  readonly failures: number;
  readonly attempts: readonly Attempt[];
}

/** Why it has not arrived, in one word. */
export type DeliveryCause =
  | "delivered"
  | "queued"
  | "sending"
  | "rate_limited"
  | "endpoint_failing"
  | "endpoint_paused"
  | "endpoint_disabled"
  | "endpoint_deleted"
  | "attempts_exhausted"
  | "refused_by_endpoint";
