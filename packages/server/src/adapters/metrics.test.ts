import { describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

describe("the metrics", () => {
  it("count events, attempts, deliveries and requests under the product's names", async () => {
    const metrics = createMetrics();
    metrics.eventsAccepted(3);
    metrics.attempt("sela", "delivered", 12);
    metrics.attempt("sela", "timeout", 10_000);
    metrics.attempt("sela", "timeout", 10_000);
    metrics.delivered("sela", 30);
    metrics.httpRequest("native", 201);
    const lines = (await metrics.render()).split("\n");
    expect(lines).toContain("ticketrail_events_accepted_total 3");
    expect(lines).toContain('ticketrail_attempts_total{contract="sela",outcome="timeout"} 2');
    expect(lines).toContain('ticketrail_attempt_seconds_sum{contract="sela"} 20.012');
    expect(lines).toContain('ticketrail_delivery_seconds_bucket{le="0.05",contract="sela"} 1');
    expect(lines).toContain('ticketrail_http_requests_total{api="native",status="201"} 1');
    expect(metrics.contentType).toContain("text/plain");
  });

  it("ask for the queue's state at every scrape, in seconds", async () => {
    const metrics = createMetrics();
    let pending = 1;
    metrics.watch(async () => ({ inFlight: 7, stored: { pending: pending++, oldestDueMs: 1_500 } }));
    expect(await metrics.render()).toContain("ticketrail_pending 1\n");
    const second = await metrics.render();
    expect(second).toContain("ticketrail_pending 2\n");
    expect(second).toContain("ticketrail_in_flight 7\n");
    expect(second).toContain("ticketrail_oldest_due_seconds 1.5\n");
  });

  it("say nothing of a queue that cannot be asked, rather than what it was, and all the rest", async () => {
    const metrics = createMetrics();
    let isThere = true;
    metrics.watch(() => ({ inFlight: 7, stored: isThere ? { pending: 1, oldestDueMs: 0 } : null }));
    await metrics.render();
    isThere = false;
    const lines = (await metrics.render()).split("\n");
    expect(lines.filter((line) => /^ticketrail_(pending|oldest_due_seconds)/.test(line))).toEqual([]);
    expect(lines).toContain("ticketrail_in_flight 7");
    isThere = true;
    expect(await metrics.render()).toContain("ticketrail_pending 1\n");
  });

  it("of two hubs in one process are apart, and tell of the process", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.eventsAccepted(1);
    expect(await other.render()).toContain("ticketrail_events_accepted_total 0\n");
    expect(await other.render()).toContain("process_resident_memory_bytes");
  });
});
