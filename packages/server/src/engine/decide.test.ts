import type { RetryPolicy } from "@ticketrail/contracts";
import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { SendOutcome } from "./sender.ts";

const policy: RetryPolicy = {
  delaysMs: [30_000, 300_000],
  onFailure: (status) => (status === 410 ? "disable" : status === 404 ? "fail" : "retry"),
};
const now = 1_700_000_000_000;
const outcome = (changes: Partial<SendOutcome>): SendOutcome => ({
  statusCode: 500,
  error: "http_status",
  durationMs: 5,
  retryAfterMs: null,
  ...changes,
});
const at = (failures: number, test = false) => ({ failures, test });

const TABLE = [
  ["a 2xx delivers", at(0), { statusCode: 204, error: null }, { status: "delivered" }, false],
  [
    "the first failure waits for the first delay, exactly",
    at(0),
    {},
    { status: "retrying", nextAttemptAt: now + 30_000 },
    false,
  ],
  [
    "the second failure waits for the second delay",
    at(1),
    {},
    { status: "retrying", nextAttemptAt: now + 300_000 },
    false,
  ],
  [
    "the failure after the last delay is the end",
    at(2),
    {},
    { status: "dead_letter", refused: false },
    false,
  ],
  [
    "no response is retried",
    at(0),
    { statusCode: null, error: "timeout" },
    { status: "retrying", nextAttemptAt: now + 30_000 },
    false,
  ],
  [
    "a code that the contract does not retry is the end at once",
    at(0),
    { statusCode: 404 },
    { status: "dead_letter", refused: true },
    false,
  ],
  [
    "a code that disables is the end, and disables",
    at(0),
    { statusCode: 410 },
    { status: "dead_letter", refused: true },
    true,
  ],
  [
    "Retry-After puts the next attempt later",
    at(0),
    { statusCode: 429, retryAfterMs: 90_000 },
    { status: "retrying", nextAttemptAt: now + 90_000 },
    false,
  ],
  [
    "Retry-After never puts it earlier",
    at(1),
    { statusCode: 429, retryAfterMs: 1_000 },
    { status: "retrying", nextAttemptAt: now + 300_000 },
    false,
  ],
  [
    "a test send is tried once and disables nothing",
    at(0, true),
    { statusCode: 410 },
    { status: "dead_letter", refused: false },
    false,
  ],
] as const;

test.each(TABLE)("%s", (_title, delivery, changes, settlement, disablesEndpoint) => {
  expect(decide(delivery, outcome(changes), policy, now, 1)).toEqual({ settlement, disablesEndpoint });
});

test("a demonstration's scale shortens the delays and leaves Retry-After as it is", () => {
  expect(decide(at(0), outcome({}), policy, now, 0.01).settlement).toMatchObject({
    nextAttemptAt: now + 300,
  });
  expect(decide(at(0), outcome({ retryAfterMs: 5_000 }), policy, now, 0.01).settlement).toMatchObject({
    nextAttemptAt: now + 5_000,
  });
});
