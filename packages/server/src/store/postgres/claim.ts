import type { ClaimedDelivery, ClaimInput, ClaimResult, DueLane } from "../driver.ts";
import type { Context } from "./context.ts";
import type { KnownStore } from "./known.ts";
import type { Marks } from "./marks.ts";
import { arrayOf, columnsOver } from "./values.ts";

interface Summary {
  readonly claim: number;
  readonly next: readonly (number | null)[];
  readonly limited: boolean;
  readonly version: number;
}
interface ClaimedRow {
  readonly claim: number;
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
type Row = Summary | ClaimedRow;

/** In place of a time: nothing may be sent in that lane now. */
const CLOSED = -1;

/** One call of the function for each store, its lanes a part of all lanes; all of them one transaction. */
const CLAIM = `SELECT a.ord::integer AS claim, c.* FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[],
    $5::bigint[], $6::integer[], $7::integer[], $8::text[], $9::integer[], $10::integer[]) WITH ORDINALITY
    AS a (now, token, until, tenant, store, hour, quota, holder, first, last, ord)
  CROSS JOIN LATERAL claim_2(a.now, a.token, a.until, a.tenant, a.store, a.hour, a.quota, a.holder,
    ($11::bigint[])[a.first:a.last], ($12::integer[])[a.first:a.last], ($13::bigint[])[a.first:a.last]) c`;

interface Lane {
  readonly endpointId: string;
  readonly num: number;
  readonly max: number;
}

interface Asked {
  readonly input: ClaimInput;
  readonly store: KnownStore;
  readonly lanes: readonly Lane[];
  /** Of its lanes among all, from 1. */
  readonly first: number;
}

const asked = columnsOver<Asked>();
const COLUMNS = [
  asked("int8", ({ input }) => input.now),
  asked("text", ({ input }) => input.lease.token),
  asked("int8", ({ input }) => input.lease.until),
  asked("int8", ({ store }) => store.tenant),
  asked("int8", ({ store }) => store.num),
  asked("int4", ({ input }) => input.quota.hour),
  asked("int4", ({ input }) => input.quota.limit),
  asked("text", ({ input }) => input.holder),
  asked("int4", ({ first }) => first),
  asked("int4", ({ first, lanes }) => first + lanes.length - 1),
];
const lane = columnsOver<Lane>();
const LANE_COLUMNS = [lane("int8", ({ num }) => num), lane("int4", ({ max }) => max)];

/** The claims of a group, each of another store; each answered in its place. */
export async function claimDue(context: Context, inputs: readonly ClaimInput[]): Promise<ClaimResult[]> {
  const { known } = context;
  await known.learn(
    inputs.map(({ storeId }) => storeId),
    inputs.flatMap(({ lanes }) => lanes.map(({ endpointId }) => endpointId)),
  );
  const asks: Asked[] = [];
  let first = 1;
  const found = inputs.flatMap((input) => {
    const store = known.store(input.storeId);
    return store ? [{ input, store }] : [];
  });
  // Counters of quotas are locked in this order by all.
  found.sort(({ store: a }, { store: b }) => a.tenant - b.tenant || a.num - b.num);
  for (const { input, store } of found) {
    const lanes = input.lanes.flatMap(({ endpointId, max }) => {
      const endpoint = known.endpoint(endpointId);
      return endpoint ? [{ endpointId, max, num: endpoint.num }] : [];
    });
    asks.push({ input, store, lanes, first });
    first += lanes.length;
  }
  const results = asks.length === 0 ? new Map<ClaimInput, ClaimResult>() : await claimAll(context, asks);
  return inputs.map(
    (input) =>
      results.get(input) ?? { deliveries: [], rateLimited: false, next: noneDue(input), endpointsVersion: 0 },
  );
}

async function claimAll(
  { db, marks }: Context,
  asks: readonly Asked[],
): Promise<Map<ClaimInput, ClaimResult>> {
  const now = Math.max(...asks.map(({ input }) => input.now));
  const sweeps = marks.sweeps(now);
  const { age } = marks;
  const startedAt = performance.now();
  const lanes = asks.flatMap((ask) => ask.lanes);
  const rows = await db.hot<Row>(CLAIM, [
    ...COLUMNS.map((column) => column(asks)),
    ...LANE_COLUMNS.map((column) => column(lanes)),
    arrayOf(
      "int8",
      lanes.map(({ num }) => marks.of(num)),
    ),
  ]);
  if (sweeps) marks.swept(performance.now() - startedAt);
  const byClaim = asks.map((): Row[] => []);
  for (const row of rows) byClaim[row.claim - 1]?.push(row);
  return new Map(
    asks.map((ask, index) => [ask.input, resultOf(ask, byClaim[index] as Row[], { marks, age })] as const),
  );
}

/** Of one claim: its deliveries, and then the summary. */
function resultOf(
  { input, store, lanes }: Asked,
  rows: Row[],
  { marks, age }: { readonly marks: Marks; readonly age: number },
): ClaimResult {
  const summary = rows.pop() as Summary;
  const claimed = rows as ClaimedRow[];
  const lastDueAt = new Map(claimed.map(({ endpoint, due_at }) => [endpoint, due_at]));
  const next = noneDue(input);
  for (const [index, { endpointId, num }] of lanes.entries()) {
    const dueAt = summary.next[index] ?? null;
    if (dueAt === CLOSED) continue;
    next[endpointId] = dueAt;
    const last = lastDueAt.get(num);
    if (last !== undefined) marks.advance(num, Math.min(last, dueAt ?? last), age);
  }
  const idOf = new Map(lanes.map(({ num, endpointId }) => [num, endpointId]));
  const deliveries = claimed.map((row) =>
    toClaimed(row, idOf.get(row.endpoint) ?? "", input.storeId, store.tenantId),
  );
  return { deliveries, rateLimited: summary.limited, next, endpointsVersion: summary.version };
}

const noneDue = ({ lanes }: ClaimInput): Record<string, number | null> =>
  Object.fromEntries(lanes.map(({ endpointId }) => [endpointId, null]));

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
