import type { ClaimedDelivery, ClaimInput, ClaimResult, DueLane } from "../driver.ts";
import type { Context } from "./context.ts";
import { arrayOf } from "./values.ts";

interface Summary {
  readonly next: readonly (number | null)[];
  readonly limited: boolean;
  readonly version: number;
}
interface ClaimedRow {
  readonly id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly endpoint: number;
  readonly subject_id: string;
  readonly body: string;
  readonly created_at: number;
  readonly due_at: number;
  readonly test: boolean;
  readonly attempt_count: number;
  readonly failures: number;
}

/** In place of a time: nothing may be sent in that lane now. */
const CLOSED = -1;

const CLAIM = "SELECT * FROM claim_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

export async function claimDue({ db, known, marks }: Context, input: ClaimInput): Promise<ClaimResult> {
  const { now, lease, storeId, lanes, quota, holder } = input;
  await known.learn(
    [storeId],
    lanes.map(({ endpointId }) => endpointId),
  );
  const next: Record<string, number | null> = {};
  for (const { endpointId } of lanes) next[endpointId] = null;
  const store = known.store(storeId);
  if (!store) return { deliveries: [], rateLimited: false, next, endpointsVersion: 0 };
  const found = lanes.flatMap(({ endpointId, max }) => {
    const endpoint = known.endpoint(endpointId);
    return endpoint ? [{ endpointId, max, num: endpoint.num }] : [];
  });
  const sweeps = marks.sweeps(now);
  const { age } = marks;
  const startedAt = performance.now();
  const rows = await db.hot<Summary | ClaimedRow>(CLAIM, [
    now,
    lease.token,
    lease.until,
    store.tenant,
    store.num,
    quota.hour,
    quota.limit,
    holder,
    arrayOf(
      "int8",
      found.map(({ num }) => num),
    ),
    arrayOf(
      "int4",
      found.map(({ max }) => max),
    ),
    arrayOf(
      "int8",
      found.map(({ num }) => marks.of(num)),
    ),
  ]);
  if (sweeps) marks.swept(performance.now() - startedAt);
  const summary = rows.pop() as Summary;
  const claimed = rows as ClaimedRow[];
  const lastDueAt = new Map(claimed.map(({ endpoint, due_at }) => [endpoint, due_at]));
  found.forEach(({ endpointId, num }, index) => {
    const dueAt = summary.next[index] ?? null;
    if (dueAt === CLOSED) return;
    next[endpointId] = dueAt;
    const last = lastDueAt.get(num);
    if (last !== undefined) marks.advance(num, Math.min(last, dueAt ?? last), age);
  });
  const idOf = new Map(found.map(({ num, endpointId }) => [num, endpointId]));
  const deliveries = claimed.map((row) =>
    toClaimed(row, idOf.get(row.endpoint) ?? "", storeId, store.tenantId),
  );
  return { deliveries, rateLimited: summary.limited, next, endpointsVersion: summary.version };
}

const toClaimed = (
  row: ClaimedRow,
  endpointId: string,
  storeId: string,
  tenantId: string,
): ClaimedDelivery => ({
  id: row.id,
  eventId: row.event_id,
  eventType: row.event_type,
  endpointId,
  tenantId,
  storeId,
  subjectId: row.subject_id,
  body: row.body,
  createdAt: row.created_at,
  test: row.test,
  attemptCount: row.attempt_count,
  failures: row.failures,
});

/** Walks the queue's index from one endpoint to the next, so that it costs by endpoints and not by deliveries. */
const DUE_LANES = `WITH RECURSIVE walk (num) AS (
    (SELECT endpoint FROM queue WHERE lease IS NULL ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT (SELECT endpoint FROM queue WHERE lease IS NULL AND endpoint > walk.num ORDER BY endpoint LIMIT 1)
      FROM walk WHERE walk.num IS NOT NULL
  )
  SELECT w.num, first.due_at AS "dueAt" FROM walk w CROSS JOIN LATERAL (
      SELECT min(head.due_at) AS due_at FROM generate_series(0, 2) AS g (gate) CROSS JOIN LATERAL (
        SELECT q.due_at FROM queue q WHERE q.endpoint = w.num AND q.gate = g.gate AND q.lease IS NULL
          ORDER BY q.due_at LIMIT 1) head) first
    WHERE w.num IS NOT NULL`;

const LANES = `SELECT e.id AS "endpointId", s.id AS "storeId", s.tenant_id AS "tenantId", d."dueAt" AS "nextDueAt"
  FROM (${DUE_LANES}) d JOIN endpoints e ON e.num = d.num JOIN stores s ON s.tenant = e.tenant AND s.num = e.store
  WHERE e.state = 'active' AND d."dueAt" IS NOT NULL AND ($2 OR d."dueAt" <= $1) AND NOT EXISTS (SELECT FROM lane_holds h
    WHERE h.tenant = e.tenant AND h.endpoint = e.num AND h.holder <> $3 AND h.until > $1)`;

export const dueLanes = (
  { db }: Context,
  { now, ahead, holder }: { readonly now: number; readonly ahead: boolean; readonly holder: string | null },
): Promise<DueLane[]> => db.hot<DueLane>(LANES, [now, ahead, holder]);

/** Unsettled ones, leased or not, and when the first of those that wait is due. */
export async function queueStats({ db }: Context): Promise<{ pending: number; oldestDueAt: number | null }> {
  const row = await db.row<{ pending: number; oldestDueAt: number | null }>(
    `SELECT (SELECT count(*) FROM queue) AS pending, (SELECT min("dueAt") FROM (${DUE_LANES}) d) AS "oldestDueAt"`,
  );
  return { pending: row?.pending ?? 0, oldestDueAt: row?.oldestDueAt ?? null };
}
