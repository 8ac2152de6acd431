import { expect, test } from "vitest";
import type { DeliveryDetail } from "../store/driver.ts";
import { causeOf } from "./cause.ts";

const NOW = Date.parse("2026-01-18T10:20:00Z");
const NEXT_HOUR = Date.parse("2026-01-18T11:00:00Z");
const LATER = NOW + 30_000;

const queued: DeliveryDetail = {
  id: "del_1",
  eventId: "evt_1",
  eventType: "order.created",
  endpointId: "wh_1",
  tenantId: "ten_1",
  storeId: "store_1",
  contract: "standard",
  subjectId: "ord_1",
  status: "pending",
  nextAttemptAt: NOW,
  createdAt: NOW,
  deliveredAt: null,
  test: false,
  failures: 0,
  attempts: [],
  leased: false,
  refused: false,
  endpointState: "active",
  endpointFailures: 0,
  storePlan: "starter",
  storeUsed: 0,
};
const attempt = { number: 1, at: NOW, statusCode: 500, error: "http_status", durationMs: 5 } as const;
const retrying = { status: "retrying", failures: 1, attempts: [attempt], nextAttemptAt: LATER } as const;

const TABLE: readonly (readonly [string, Partial<DeliveryDetail>, string, number | null])[] = [
  ["a new delivery", {}, "queued", NOW],
  ["one that is being sent", { leased: true }, "sending", NOW],
  ["one that has arrived", { status: "delivered", nextAttemptAt: null }, "delivered", null],
  ["one that has failed before", retrying, "endpoint_failing", LATER],
  ["a new one behind failures of its endpoint", { endpointFailures: 3 }, "endpoint_failing", NOW],
  ["one over the plan's hour", { storeUsed: 500 }, "rate_limited", NEXT_HOUR],
  ["a retry over the plan's hour", { ...retrying, storeUsed: 500 }, "endpoint_failing", LATER],
  ["one of a plan without a limit", { storeUsed: 9_999, storePlan: "enterprise" }, "queued", NOW],
  ["one to a paused endpoint", { endpointState: "paused" }, "endpoint_paused", null],
  ["one to a paused endpoint that is on its way", { endpointState: "paused", leased: true }, "sending", NOW],
  ["one to a disabled endpoint", { ...retrying, endpointState: "disabled" }, "endpoint_disabled", null],
  ["one to a deleted endpoint", { endpointState: "deleted" }, "endpoint_deleted", null],
  ["a cancelled one", { status: "cancelled", nextAttemptAt: null }, "endpoint_deleted", null],
  [
    "one whose attempts are used up",
    { status: "dead_letter", nextAttemptAt: null },
    "attempts_exhausted",
    null,
  ],
  ["one that was refused", { status: "dead_letter", refused: true }, "refused_by_endpoint", null],
];

test.each(TABLE)("%s", (_, change, cause, nextAttemptAt) => {
  expect(causeOf({ ...queued, ...change }, NOW)).toEqual({ cause, nextAttemptAt });
});
