import type { AttemptRow } from "../driver.ts";
import type { Context } from "./context.ts";
import { detailsOf, KEY, type Key } from "./delivery-rows.ts";

const WALK_ROWS = 500;

/** Newest delivery first; ($3, $4) is the key to stay below. */
const tried = (table: string): string => `(SELECT ${KEY}, d.attempt_count AS attempts FROM ${table} d
  WHERE d.tenant = $1 AND d.endpoint = $2 AND (d.created_at, d.num) < ($3, $4) AND d.created_at <= $3
    AND d.attempt_count > 0 ORDER BY d.created_at DESC, d.num DESC LIMIT ${WALK_ROWS})`;
const TRIED = `SELECT * FROM (${tried("queue")} UNION ALL ${tried("deliveries")}) t
  ORDER BY "createdAt" DESC, num DESC LIMIT ${WALK_ROWS}`;

interface Endpoint {
  readonly tenant: number;
  readonly num: number;
  readonly total: number;
}

export async function listAttempts(
  context: Context,
  { endpointId, page, limit }: { readonly endpointId: string; readonly page: number; readonly limit: number },
  now: number,
): Promise<{ rows: AttemptRow[]; total: number }> {
  const endpoint = await context.db.row<Endpoint>(
    `SELECT e.tenant, e.num, r.attempts AS total FROM endpoints e
     JOIN endpoint_records r ON r.tenant = e.tenant AND r.endpoint = e.num WHERE e.id = $1`,
    endpointId,
  );
  if (!endpoint) return { rows: [], total: 0 };
  const { keys, skip } = await deliveriesOfPage(context, endpoint, (page - 1) * limit, limit);
  const rows = (await detailsOf(context, keys, now)).flatMap((delivery) =>
    delivery.attempts.toReversed().map((attempt) => ({ delivery, attempt })),
  );
  return { rows: rows.slice(skip, skip + limit), total: endpoint.total };
}

/** The deliveries whose attempts make up the page, and how many of their attempts come before it. */
async function deliveriesOfPage(
  { db }: Context,
  { tenant, num: endpoint }: Endpoint,
  offset: number,
  limit: number,
): Promise<{ keys: Key[]; skip: number }> {
  const keys: Key[] = [];
  let passed = 0;
  let skip = 0;
  let below: [number, number] = [Number.MAX_SAFE_INTEGER, 0];
  for (;;) {
    const rows = await db.rows<Key & { attempts: number }>(TRIED, tenant, endpoint, ...below);
    for (const row of rows) {
      if (passed >= offset + limit) return { keys, skip };
      if (passed + row.attempts > offset) {
        if (keys.length === 0) skip = offset - passed;
        keys.push(row);
      }
      passed += row.attempts;
      below = [row.createdAt, row.num];
    }
    if (rows.length < WALK_ROWS) return { keys, skip };
  }
}
