import { DAY_MS } from "../../domain/endpoint.ts";
import type { IdempotencyClaim } from "../driver.ts";
import type { Db } from "./db.ts";

interface Claim {
  readonly scope: string;
  readonly key: string;
  readonly digest: string;
  readonly now: number;
  readonly leaseUntil: number;
}

interface Row {
  readonly digest: string;
  readonly claimedAt: number;
  readonly leaseUntil: number;
  readonly answer: string | null;
  readonly expiresAt: number;
}

/** How long a claim that nobody answered keeps its time. */
const KEEP_UNANSWERED_MS = DAY_MS;
/** Longer than any claim's lease. */
const LATELY_MS = 10 * 60_000;

export function claimIdempotencyKey(db: Db, claim: Claim): IdempotencyClaim {
  const { scope, key, digest, now, leaseUntil } = claim;
  const found = db.row<Row>(
    `SELECT digest, claimed_at AS claimedAt, lease_until AS leaseUntil, answer, expires_at AS expiresAt
     FROM idempotency_keys WHERE scope = ? AND key = ?`,
    scope,
    key,
  );
  const row = found && found.expiresAt > now ? found : undefined;
  if (row && row.answer !== null) {
    return row.digest === digest ? { kind: "answered", answer: row.answer } : { kind: "mismatch" };
  }
  if (row && row.leaseUntil > now) return { kind: row.digest === digest ? "in_flight" : "mismatch" };
  const since = row?.digest === digest ? row.claimedAt : now;
  db.run(
    `INSERT INTO idempotency_keys (scope, key, digest, claimed_at, lease_until, answer, expires_at)
     VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6)
     ON CONFLICT (scope, key) DO UPDATE SET digest = ?3, claimed_at = ?4, lease_until = ?5, answer = NULL,
       expires_at = ?6`,
    scope,
    key,
    digest,
    since,
    leaseUntil,
    Math.max(leaseUntil, since + KEEP_UNANSWERED_MS),
  );
  return { kind: "fresh", since };
}

export function answerIdempotencyKey(
  db: Db,
  input: {
    readonly scope: string;
    readonly key: string;
    readonly answer: string;
    readonly expiresAt: number;
  },
): void {
  db.run(
    "UPDATE idempotency_keys SET answer = ?, expires_at = ? WHERE scope = ? AND key = ?",
    input.answer,
    input.expiresAt,
    input.scope,
    input.key,
  );
}

/** Free at once, and with its time: the same request makes the same ids, whatever became of it. */
export function dropIdempotencyKey(db: Db, scope: string, key: string): void {
  db.run(
    "UPDATE idempotency_keys SET lease_until = 0 WHERE scope = ? AND key = ? AND answer IS NULL",
    scope,
    key,
  );
}

/** All that are claimed and not answered. Looks at those alone that were claimed for the first time lately. */
export function freeIdempotencyKeys(db: Db, now: number): void {
  db.run(
    "UPDATE idempotency_keys SET lease_until = 0 WHERE expires_at > ?2 AND answer IS NULL AND lease_until > ?1",
    now,
    now + KEEP_UNANSWERED_MS - LATELY_MS,
  );
}
