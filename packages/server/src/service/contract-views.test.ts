import { expect, test } from "vitest";
import type { Attempt, DeliveryStatus } from "../domain/delivery.ts";
import type { DeliveryDetail } from "../store/driver.ts";
import { attemptView, deliveryView } from "./contract-views.ts";

const NOW = Date.parse("2026-01-18T10:00:00Z");
const DUE = NOW + 30_000;
const failed = (number: number): Attempt => ({
  number,
  at: NOW,
  statusCode: 500,
  error: "http_status",
  durationMs: 12,
});
const succeeded = (number: number): Attempt => ({ ...failed(number), statusCode: 200, error: null });

const delivery = (
  status: DeliveryStatus,
  attempts: readonly Attempt[],
  more: Partial<DeliveryDetail> = {},
): DeliveryDetail => ({
  id: "del_1",
  eventId: "evt_1",
  eventType: "order.created",
  endpointId: "wh_1",
  tenantId: "ten_1",
  storeId: "store_1",
  contract: "ordeliya",
  subjectId: "ord_1",
  status,
  nextAttemptAt: status === "retrying" || status === "pending" ? DUE : null,
  createdAt: NOW,
  deliveredAt: null,
  test: false,
  failures: 0,
  attempts,
  leased: false,
  refused: false,
  endpointState: "active",
  endpointFailures: 0,
  storePlan: "starter",
  storeUsed: 0,
  ...more,
});
const rows = (of: DeliveryDetail, now: number) =>
  of.attempts.map((attempt) => {
    const { status, nextAttemptAt } = attemptView({ delivery: of, attempt }, now);
    return [status, nextAttemptAt === null ? null : Date.parse(nextAttemptAt)];
  });

test("an attempt is failed until the next one falls due, then retrying", () => {
  const waiting = delivery("retrying", [failed(1)]);
  expect(rows(waiting, NOW)).toEqual([["failed", DUE]]);
  expect(rows(waiting, DUE)).toEqual([["retrying", DUE]]);
  expect(rows({ ...waiting, leased: true }, NOW)).toEqual([["retrying", DUE]]);
});

test("earlier attempts stay failed, and have no next one of their own", () => {
  expect(rows(delivery("retrying", [failed(1), failed(2)]), NOW)).toEqual([
    ["failed", null],
    ["failed", DUE],
  ]);
});

test("the last of all is a dead letter, and a success is delivered", () => {
  expect(rows(delivery("dead_letter", [failed(1), failed(2)]), NOW)).toEqual([
    ["failed", null],
    ["dead_letter", null],
  ]);
  expect(rows(delivery("delivered", [failed(1), succeeded(2)]), NOW)).toEqual([
    ["failed", null],
    ["delivered", null],
  ]);
});

test("a replayed dead letter is retrying once it is due, and a failed test is no dead letter", () => {
  expect(rows(delivery("pending", [failed(1)], { nextAttemptAt: NOW }), NOW)).toEqual([["retrying", NOW]]);
  expect(rows(delivery("dead_letter", [failed(1)], { test: true }), NOW)).toEqual([["failed", null]]);
});

test("a delivery's row tells of its last attempt; one that was never tried has none", () => {
  expect(deliveryView(delivery("pending", []))).toBeNull();
  expect(deliveryView(delivery("retrying", [failed(1)]))).toMatchObject({
    status: "failed",
    statusCode: 500,
    nextAttemptAt: "2026-01-18T10:00:30.000Z",
    deliveredAt: null,
  });
  expect(deliveryView(delivery("delivered", [failed(1), succeeded(2)], { deliveredAt: NOW }))).toMatchObject({
    status: "success",
    deliveredAt: "2026-01-18T10:00:00.000Z",
  });
  // Delivered once, and then replayed to an endpoint that refuses.
  expect(
    deliveryView(delivery("dead_letter", [succeeded(1), failed(2)], { deliveredAt: NOW })),
  ).toMatchObject({ status: "failed", deliveredAt: null });
});
