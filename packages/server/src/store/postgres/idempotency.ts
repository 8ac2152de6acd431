import { DAY_MS } from "../../domain/endpoint.ts";
import type { IdempotencyClaim, StoreDriver } from "../driver.ts";
import type { Context } from "./context.ts";
import { arrayOf } from "./values.ts";

type Claim = Parameters<StoreDriver["claimIdempotencyKey"]>[0];
type Answer = Parameters<StoreDriver["answerIdempotencyKey"]>[0];

/** How long a claim that nobody answered keeps its time. */
const KEEP_UNANSWERED_MS = DAY_MS;

/** Takes what is free: unknown, expired, or never answered in its time; that keeps the time of its first claim. */
const CLAIM = `INSERT INTO idempotency_keys AS k (scope, key, digest, claimed_at, lease_until, expires_at)
  SELECT c.scope, c.key, c.digest, c.now, c.until, greatest(c.until, c.now + ${KEEP_UNANSWERED_MS})
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS c (scope, key, digest, now, until)
    ORDER BY c.scope, c.key
  ON CONFLICT (scope, key) DO UPDATE SET digest = excluded.digest, answer = NULL, lease_until = excluded.lease_until,
    claimed_at = CASE WHEN k.expires_at > excluded.claimed_at AND k.digest = excluded.digest
      THEN k.claimed_at ELSE excluded.claimed_at END,
    expires_at = CASE WHEN k.expires_at > excluded.claimed_at AND k.digest = excluded.digest
      THEN greatest(excluded.lease_until, k.claimed_at + ${KEEP_UNANSWERED_MS}) ELSE excluded.expires_at END
    WHERE k.expires_at <= excluded.claimed_at OR (k.answer IS NULL AND k.lease_until <= excluded.claimed_at)
  RETURNING k.scope, k.key, k.claimed_at AS since`;

const THERE = `SELECT k.scope, k.key, k.digest, k.answer FROM unnest($1::text[], $2::text[]) AS c (scope, key)
  JOIN idempotency_keys k ON k.scope = c.scope AND k.key = c.key`;

const nameOf = ({ scope, key }: { readonly scope: string; readonly key: string }): string =>
  JSON.stringify([scope, key]);

/** All the calls of a group at once; of two with one key the first is the one that claims. */
export async function claimIdempotencyKeys(
  { db }: Context,
  claims: readonly Claim[],
): Promise<IdempotencyClaim[]> {
  const first = new Map<string, Claim>();
  for (const claim of claims) if (!first.has(nameOf(claim))) first.set(nameOf(claim), claim);
  const asked = [...first.values()];
  const fresh = await db.hot<{ scope: string; key: string; since: number }>(CLAIM, [
    arrayOf(
      "text",
      asked.map(({ scope }) => scope),
    ),
    arrayOf(
      "text",
      asked.map(({ key }) => key),
    ),
    arrayOf(
      "text",
      asked.map(({ digest }) => digest),
    ),
    arrayOf(
      "int8",
      asked.map(({ now }) => now),
    ),
    arrayOf(
      "int8",
      asked.map(({ leaseUntil }) => leaseUntil),
    ),
  ]);
  const since = new Map(fresh.map((row) => [nameOf(row), row.since]));
  const rest = claims.filter((claim) => first.get(nameOf(claim)) !== claim || !since.has(nameOf(claim)));
  const there = new Map((await lookUp(db, rest)).map((row) => [nameOf(row), row]));
  return claims.map((claim) => {
    const claimed = first.get(nameOf(claim)) === claim ? since.get(nameOf(claim)) : undefined;
    if (claimed !== undefined) return { kind: "fresh", since: claimed };
    const row = there.get(nameOf(claim));
    if (row && row.digest !== claim.digest) return { kind: "mismatch" };
    return row && row.answer !== null ? { kind: "answered", answer: row.answer } : { kind: "in_flight" };
  });
}

interface There {
  readonly scope: string;
  readonly key: string;
  readonly digest: string;
  readonly answer: string | null;
}

const lookUp = async (db: Context["db"], claims: readonly Claim[]): Promise<There[]> =>
  claims.length === 0
    ? []
    : db.hot<There>(THERE, [
        arrayOf(
          "text",
          claims.map(({ scope }) => scope),
        ),
        arrayOf(
          "text",
          claims.map(({ key }) => key),
        ),
      ]);

const ANSWER = `UPDATE idempotency_keys k SET answer = a.answer, expires_at = a.expires
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS a (scope, key, answer, expires)
  WHERE k.scope = a.scope AND k.key = a.key`;

export async function answerIdempotencyKeys(
  { db }: Context,
  answers: readonly Answer[],
): Promise<undefined[]> {
  // In one order, so that no two groups wait for each other; of two for one key the last counts.
  const last = new Map(answers.map((answer) => [nameOf(answer), answer]));
  const sorted = [...last.keys()].sort().map((name) => last.get(name) as Answer);
  await db.hot(ANSWER, [
    arrayOf(
      "text",
      sorted.map(({ scope }) => scope),
    ),
    arrayOf(
      "text",
      sorted.map(({ key }) => key),
    ),
    arrayOf(
      "text",
      sorted.map(({ answer }) => answer),
    ),
    arrayOf(
      "int8",
      sorted.map(({ expiresAt }) => expiresAt),
    ),
  ]);
  return answers.map(() => undefined);
}

/** Free at once, and with its time: the same request makes the same ids, whatever became of it. */
export async function dropIdempotencyKey({ db }: Context, scope: string, key: string): Promise<void> {
  await db.run(
    "UPDATE idempotency_keys SET lease_until = 0 WHERE scope = $1 AND key = $2 AND answer IS NULL",
    scope,
    key,
  );
}
