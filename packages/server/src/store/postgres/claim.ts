import type { ClaimedDelivery, ClaimInput, ClaimResult, DueLane, DueLanesInput } from "../driver.ts";
import type { Context } from "./context.ts";
import type { Known, KnownStore } from "./known.ts";
import { arrayOf, columnsOver } from "./values.ts";

/** Of a lane: when its next delivery is due, and how its store stands. */
interface LaneRow {
  readonly claim: number;
  /** Among all, from 1. */
  readonly lane: number;
  readonly next: number | null;
  readonly limited: boolean;
  readonly version: number;
}
interface DeliveryRow {
  readonly claim: number;
  readonly lane: null;
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
type Row = LaneRow | DeliveryRow;

/** In place of a time: nothing may be sent in that lane now. */
const CLOSED = -1;

/**
 * Locks the holder's row among the processes, as far as it is there: who buries the process waits for the claims that it
 * has left behind in the server, and gives back what they take too. Functions are given `0 * locked.rows`, since nothing
 * else would make the server lock before it calls them.
 */
const alive = (holder: string): string =>
  `WITH alive AS MATERIALIZED (SELECT FROM processes WHERE id = ${holder} FOR KEY SHARE),
    locked AS MATERIALIZED (SELECT count(*) AS rows FROM alive)`;

/** One call of the function for each store, its lanes a part of all lanes; all of them one transaction. */
const CLAIM = `${alive("ANY ($8::text[])")}
  SELECT a.ord::integer AS claim, c.*, a.first + c.lane - 1 AS "lane" FROM unnest($1::bigint[], $2::text[],
    $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::text[], $9::integer[], $10::integer[])
    WITH ORDINALITY AS a (now, token, until, tenant, store, hour, quota, holder, first, last, ord)
  CROSS JOIN locked CROSS JOIN LATERAL claim_3(a.now + 0 * locked.rows, a.token, a.until, a.tenant, a.store, a.hour,
    a.quota, a.holder, ($11::bigint[])[a.first:a.last], ($12::integer[])[a.first:a.last], ($13::bigint[])[a.first:a.last]) c`;
/** Where there is no quota, all stores at once. */
const CLAIM_FREE = `${alive("$2")} SELECT c.* FROM locked
  CROSS JOIN LATERAL claim_free_3($1 + 0 * locked.rows, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) c`;

interface Lane {
  readonly endpointId: string;
  readonly num: number;
  readonly max: number;
  /** Of its claim, from 1. */
  readonly claim: number;
  readonly store: KnownStore;
}

interface Asked {
  readonly input: ClaimInput;
  readonly store: KnownStore;
  readonly lanes: readonly Lane[];
  /** Of its lanes among all, from 1. */
  readonly first: number;
}

const asked = columnsOver<Asked>();
const lane = columnsOver<Lane>();
const TOKEN = asked("text", ({ input }) => input.lease.token);
const UNTIL = asked("int8", ({ input }) => input.lease.until);
const LIMITED_COLUMNS = [
  asked("int8", ({ input }) => input.now),
  TOKEN,
  UNTIL,
  asked("int8", ({ store }) => store.tenant),
  asked("int8", ({ store }) => store.num),
  asked("int4", ({ input }) => input.quota.hour),
  asked("int4", ({ input }) => input.quota.limit),
  asked("text", ({ input }) => input.holder),
  asked("int4", ({ first }) => first),
  asked("int4", ({ first, lanes }) => first + lanes.length - 1),
];
const FREE_LANE_COLUMNS = [
  lane("int4", ({ claim }) => claim),
  lane("int8", ({ store }) => store.tenant),
  lane("int8", ({ store }) => store.num),
];
const LANE_COLUMNS = [lane("int8", ({ num }) => num), lane("int4", ({ max }) => max)];

/** Claims of one group, by one holder: each of another store, all with a quota or all without. Answered in their places. */
export async function claimDue(context: Context, inputs: readonly ClaimInput[]): Promise<ClaimResult[]> {
  const { known, db, marks } = context;
  await known.learn(
    inputs.map(({ storeId }) => storeId),
    inputs.flatMap(({ lanes }) => lanes.map(({ endpointId }) => endpointId)),
  );
  const asks = asksOf(known, inputs);
  const lanes = asks.flatMap((ask) => ask.lanes);
  const results = new Map(inputs.map((input) => [input, nothingFor(input)]));
  if (lanes.length > 0) {
    const now = Math.max(...inputs.map((input) => input.now));
    const sweeps = marks.sweeps(
      now,
      lanes.map(({ num }) => num),
    );
    const { age } = marks;
    const startedAt = performance.now();
    const laneMarks = arrayOf(
      "int8",
      lanes.map(({ num }) => marks.of(num)),
    );
    const laneColumns = [...LANE_COLUMNS.map((column) => column(lanes)), laneMarks];
    const rows = hasQuota(asks[0]?.input)
      ? await db.hot<Row>(CLAIM, [...LIMITED_COLUMNS.map((column) => column(asks)), ...laneColumns])
      : await db.hot<Row>(CLAIM_FREE, [
          now,
          asks[0]?.input.holder ?? null,
          TOKEN(asks),
          UNTIL(asks),
          ...FREE_LANE_COLUMNS.map((column) => column(lanes)),
          ...laneColumns,
          arrayOf(
            "text",
            inputs.flatMap(({ except }) => except),
          ),
        ]);
    if (sweeps) marks.swept(now, performance.now() - startedAt);
    sortOut(rows, asks, lanes, results, (num, dueAt) => marks.advance(num, dueAt, age, now));
  }
  return inputs.map((input) => results.get(input) as ClaimResult);
}

export const hasQuota = (input: ClaimInput | undefined): boolean => input?.quota.limit != null;

type Result = {
  deliveries: ClaimedDelivery[];
  next: Record<string, number | null>;
  rateLimited: boolean;
  endpointsVersion: number;
};

const nothingFor = ({ lanes }: ClaimInput): Result => ({
  deliveries: [],
  rateLimited: false,
  next: Object.fromEntries(lanes.map(({ endpointId }) => [endpointId, null])),
  endpointsVersion: 0,
});

/** Those of stores that are there; in an order in which all lock the counters of quotas. */
function asksOf(known: Known, inputs: readonly ClaimInput[]): Asked[] {
  const found = inputs.flatMap((input) => {
    const store = known.store(input.storeId);
    return store ? [{ input, store }] : [];
  });
  found.sort(({ store: a }, { store: b }) => a.tenant - b.tenant || a.num - b.num);
  let first = 1;
  return found.map(({ input, store }, index) => {
    const lanes = input.lanes.flatMap(({ endpointId, max }) => {
      const endpoint = known.endpoint(endpointId);
      return endpoint ? [{ endpointId, max, num: endpoint.num, claim: index + 1, store }] : [];
    });
    first += lanes.length;
    return { input, store, lanes, first: first - lanes.length };
  });
}

/** Deliveries come oldest first, and lanes after them. `advance`: all that was due before has been claimed. */
function sortOut(
  rows: readonly Row[],
  asks: readonly Asked[],
  lanes: readonly Lane[],
  results: ReadonlyMap<ClaimInput, Result>,
  advance: (num: number, dueAt: number) => void,
): void {
  const idOf = new Map(lanes.map(({ num, endpointId }) => [num, endpointId]));
  const lastDueAt = new Map<number, number>();
  for (const row of rows) {
    const ask = asks[row.claim - 1];
    const result = ask && results.get(ask.input);
    if (!result) continue;
    if (row.lane === null) {
      lastDueAt.set(row.endpoint, row.due_at);
      const endpointId = idOf.get(row.endpoint) ?? "";
      result.deliveries.push(toClaimed(row, endpointId, ask.input.storeId, ask.store.tenantId));
      continue;
    }
    result.rateLimited = row.limited;
    result.endpointsVersion = row.version;
    const { num, endpointId } = lanes[row.lane - 1] as Lane;
    if (row.next === CLOSED) continue;
    result.next[endpointId] = row.next;
    const last = lastDueAt.get(num);
    if (last !== undefined) advance(num, Math.min(last, row.next ?? last));
  }
}

const toClaimed = (
  row: DeliveryRow,
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

/** When the first that waits for the endpoint `w.num` is due, from its mark on. */
const FIRST_DUE = `SELECT min(head.due_at) AS due_at FROM generate_series(0, 2) AS g (gate) CROSS JOIN LATERAL (
    SELECT q.due_at FROM queue q WHERE q.endpoint = w.num AND q.gate = g.gate AND q.lease IS NULL AND q.due_at >= w.mark
      ORDER BY q.due_at LIMIT 1) head`;

/**
 * Walks the queue's index from one endpoint to the next, so that it costs by endpoints and not by deliveries. Lanes that
 * have a mark ($1, $2) are not walked over, since what was claimed before it may still be in the index: others are
 * looked for in the gaps between them.
 */
const DUE_LANES = `WITH RECURSIVE marked AS MATERIALIZED (
    SELECT m.num, m.mark FROM unnest($1::bigint[], $2::bigint[]) AS m (num, mark)
  ), gaps AS (
    SELECT k.num AS low, lead(k.num, 1, ${Number.MAX_SAFE_INTEGER}) OVER (ORDER BY k.num) AS high
      FROM (SELECT num FROM marked UNION ALL SELECT 0) k
  ), walk (num, high) AS (
    SELECT (SELECT endpoint FROM queue WHERE lease IS NULL AND endpoint > gaps.low AND endpoint < gaps.high
      ORDER BY endpoint LIMIT 1), gaps.high FROM gaps
    UNION ALL
    SELECT (SELECT endpoint FROM queue WHERE lease IS NULL AND endpoint > walk.num AND endpoint < walk.high
      ORDER BY endpoint LIMIT 1), walk.high FROM walk WHERE walk.num IS NOT NULL
  )
  SELECT w.num, first.due_at AS "dueAt"
  FROM (SELECT num, 0 AS mark FROM walk WHERE num IS NOT NULL UNION ALL SELECT num, mark FROM marked) w
    CROSS JOIN LATERAL (${FIRST_DUE}) first`;
const DUE_LANES_AMONG = `SELECT w.num, first.due_at AS "dueAt" FROM unnest($1::bigint[], $2::bigint[]) AS w (num, mark)
    CROSS JOIN LATERAL (${FIRST_DUE}) first`;

const lanesOf = (
  due: string,
): string => `SELECT e.id AS "endpointId", s.id AS "storeId", s.tenant_id AS "tenantId",
    d."dueAt" AS "nextDueAt"
  FROM (${due}) d JOIN endpoints e ON e.num = d.num JOIN stores s ON s.tenant = e.tenant AND s.num = e.store
  WHERE e.state = 'active' AND d."dueAt" IS NOT NULL AND ($4 OR d."dueAt" <= $3) AND NOT EXISTS (SELECT FROM lane_holds h
    WHERE h.tenant = e.tenant AND h.endpoint = e.num AND h.holder <> $5 AND h.until > $3)`;
const LANES = lanesOf(DUE_LANES);
const LANES_AMONG = lanesOf(DUE_LANES_AMONG);

export async function dueLanes(
  { db, known, marks }: Context,
  { now, ahead, holder, among }: DueLanesInput,
): Promise<DueLane[]> {
  const rest = [now, ahead, holder];
  if (among !== null) {
    await known.learn([], among);
    const found = among.flatMap((id) => known.endpoint(id)?.num ?? []);
    return db.hot<DueLane>(LANES_AMONG, [...marks.columns(found), ...rest]);
  }
  const before = marks.looks(now);
  const startedAt = performance.now();
  const lanes = await db.hot<DueLane>(LANES, [...marks.columns(before ? [] : undefined), ...rest]);
  if (before === null) return lanes;
  marks.looked(now, performance.now() - startedAt);
  for (const { endpointId, nextDueAt } of lanes) {
    const num = known.endpoint(endpointId)?.num;
    if (num !== undefined) marks.found(num, nextDueAt, before);
  }
  return lanes;
}

/** Unsettled ones, leased or not, and when the first of those that wait is due. */
export async function queueStats({ db, marks }: Context): Promise<QueueStats> {
  const row = await db.row<QueueStats>(
    `SELECT (SELECT count(*) FROM queue) AS pending, (SELECT min("dueAt") FROM (${DUE_LANES}) d) AS "oldestDueAt"`,
    ...marks.columns(),
  );
  return { pending: row?.pending ?? 0, oldestDueAt: row?.oldestDueAt ?? null };
}

interface QueueStats {
  readonly pending: number;
  readonly oldestDueAt: number | null;
}
