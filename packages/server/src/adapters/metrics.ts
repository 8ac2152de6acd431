import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AttemptError } from "../domain/delivery.ts";

/** What is asked for at every scrape, and not counted along the way. */
export interface QueueState {
  readonly inFlight: number;
  /** What the store says; null where it cannot be asked now. */
  readonly stored: {
    /** Deliveries that are not settled. */
    readonly pending: number;
    /** How long the oldest delivery that may be tried has waited; 0 where none has. */
    readonly oldestDueMs: number;
  } | null;
}

export interface Metrics {
  readonly contentType: string;
  /** In Prometheus' text format. */
  render(): Promise<string>;
  eventsAccepted(count: number): void;
  attempt(contract: string, outcome: AttemptError | "delivered", durationMs: number): void;
  /** `elapsedMs`: from acceptance to delivery. */
  delivered(contract: string, elapsedMs: number): void;
  /** `api`: `native`, or the contract's name. */
  httpRequest(api: string, status: number): void;
  /** Sets who is asked for the queue's state. */
  watch(state: () => QueueState | Promise<QueueState>): void;
}

const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** To the first retries and beyond: the last is a day. */
const DELIVERY_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 21_600, 86_400,
];

/** Metrics in a registry of their own, the process's included. Labels are bound once, so counting costs under 1 µs. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const accepted = new Counter({
    name: "ticketrail_events_accepted_total",
    help: "Events taken in and stored durably.",
    registers,
  });
  const attempts = new Counter({
    name: "ticketrail_attempts_total",
    help: "Requests made to endpoints, by outcome: delivered, or the class of failure.",
    labelNames: ["contract", "outcome"],
    registers,
  });
  const attemptSeconds = new Histogram({
    name: "ticketrail_attempt_seconds",
    help: "Duration of one request to an endpoint.",
    labelNames: ["contract"],
    buckets: ATTEMPT_BUCKETS,
    registers,
  });
  const deliverySeconds = new Histogram({
    name: "ticketrail_delivery_seconds",
    help: "Time from an event's acceptance to its delivery, retries included.",
    labelNames: ["contract"],
    buckets: DELIVERY_BUCKETS,
    registers,
  });
  const requests = new Counter({
    name: "ticketrail_http_requests_total",
    help: "Requests answered, by API and status.",
    labelNames: ["api", "status"],
    registers,
  });
  const queue = queueGauges(registers);

  const attemptsOf = bound((contract, outcome) => attempts.labels(contract, outcome));
  const attemptSecondsOf = bound((contract) => attemptSeconds.labels(contract));
  const deliverySecondsOf = bound((contract) => deliverySeconds.labels(contract));
  const requestsOf = bound((api, status) => requests.labels(api, status));
  let state: (() => QueueState | Promise<QueueState>) | null = null;

  return {
    contentType: registry.contentType,
    async render() {
      if (state !== null) queue.set(await state());
      return registry.metrics();
    },
    eventsAccepted: (count) => accepted.inc(count),
    attempt(contract, outcome, durationMs) {
      attemptsOf(contract, outcome).inc();
      attemptSecondsOf(contract, "").observe(durationMs / 1_000);
    },
    delivered: (contract, elapsedMs) => deliverySecondsOf(contract, "").observe(elapsedMs / 1_000),
    httpRequest: (api, status) => requestsOf(api, String(status)).inc(),
    watch(source) {
      state = source;
    },
  };
}

function queueGauges(registers: Registry[]): { set(state: QueueState): void } {
  const inFlight = new Gauge({
    name: "ticketrail_in_flight",
    help: "Requests to endpoints under way.",
    registers,
  });
  const pending = new Gauge({
    name: "ticketrail_pending",
    help: "Deliveries that are not settled yet.",
    registers,
  });
  const oldestDue = new Gauge({
    name: "ticketrail_oldest_due_seconds",
    help: "How long the oldest delivery that waits has been due; one of a paused endpoint, or of a plan's used-up hour, counts too.",
    registers,
  });
  return {
    set(state) {
      inFlight.set(state.inFlight);
      // Rather none than an old one.
      pending.remove();
      oldestDue.remove();
      if (state.stored === null) return;
      pending.set(state.stored.pending);
      oldestDue.set(state.stored.oldestDueMs / 1_000);
    },
  };
}

/** One child for each pair of label values, made when it is first needed. */
function bound<T>(make: (first: string, second: string) => T): (first: string, second: string) => T {
  const children = new Map<string, Map<string, T>>();
  return (first, second) => {
    let row = children.get(first);
    if (row === undefined) {
      row = new Map();
      children.set(first, row);
    }
    let child = row.get(second);
    if (child === undefined) {
      child = make(first, second);
      row.set(second, child);
    }
    return child;
  };
}
