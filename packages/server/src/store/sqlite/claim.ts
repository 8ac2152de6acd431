import type { ClaimedDelivery, ClaimInput, ClaimResult, DueLane, DueLanesInput } from "../driver.ts";
import type { Db } from "./db.ts";
import { countedIn, FREE, NEEDS_QUOTA } from "./gate.ts";
import { isFreeFor } from "./lanes.ts";
import { Quota } from "./quota.ts";

interface Lane {
  readonly num: number;
  readonly endpointId: string;
  room: number;
}

type Candidate = [num: number, lane: number, gate: number, dueAt: number, id: string];

export function claimDue(db: Db, input: ClaimInput): ClaimResult {
  const { store, endpointsVersion, lanes, uncounted } = lanesOf(db, input);
  const next: Record<string, number | null> = {};
  for (const { endpointId } of input.lanes) next[endpointId] = null;
  if (store === null || lanes.size === 0) {
    return { deliveries: [], rateLimited: false, next, endpointsVersion };
  }
  if (uncounted.length > 0) db.run(COUNT_AGAIN, JSON.stringify(uncounted), countedIn(input.quota.hour));
  const { chosen, counted, rateLimited } = choose(db, input, store, lanes);
  leaseThem(db, input, chosen, counted);
  for (const [endpointId, dueAt] of nextDue(db, lanes, input.except)) next[endpointId] = dueAt;
  return { deliveries: readClaimed(db, input, chosen, lanes), rateLimited, next, endpointsVersion };
}

interface Asked {
  /** Its number; null where there is no such store. */
  readonly store: number | null;
  readonly endpointsVersion: number;
  /** Those that may send, by number: active, of that store, and free for the holder. */
  readonly lanes: Map<number, Lane>;
  /** Lanes in which something waits that was counted in another hour. */
  readonly uncounted: readonly number[];
}

type AskedRow = [store: number, version: number, num: number | null, id: string, uncounted: number];

/** What counts in another hour lies on both sides of what counts in this one: two looks, whatever waits. */
const elsewhere = (side: string): string => `EXISTS (SELECT 1 FROM deliveries q INDEXED BY deliveries_queue
  WHERE q.gate IS NOT NULL AND q.endpoint = e.num AND ${side})`;
/** ?1 asked lanes, ?2 store, ?3 holder, ?4 now, ?5 the hour's gate. */
const ASKED = `SELECT s.num, s.endpoints_version, e.num, e.id,
    ${elsewhere(`q.gate > ${FREE} AND q.gate < ?5`)} OR ${elsewhere("q.gate > ?5")}
  FROM stores s LEFT JOIN json_each(?1) l LEFT JOIN endpoints e
    ON e.id = l.value AND e.store = s.num AND e.state = 'active' AND ${isFreeFor("e.num", "?3", "?4")}
  WHERE s.id = ?2`;

function lanesOf(db: Db, { lanes: asked, storeId, holder, now, quota }: ClaimInput): Asked {
  const room = new Map(asked.map(({ endpointId, max }) => [endpointId, max]));
  const ids = JSON.stringify([...room.keys()]);
  const rows = db.tuples<AskedRow>(ASKED, ids, storeId, holder, now, countedIn(quota.hour));
  const lanes = new Map<number, Lane>();
  const uncounted: number[] = [];
  for (const [, , num, id, isUncounted] of rows) {
    if (num === null) continue;
    lanes.set(num, { num, endpointId: id, room: room.get(id) ?? 0 });
    if (isUncounted === 1) uncounted.push(num);
  }
  return { store: rows[0]?.[0] ?? null, endpointsVersion: rows[0]?.[1] ?? 0, lanes, uncounted };
}

interface Choice {
  readonly chosen: readonly number[];
  /** Those of them that took one of the store's quota. */
  readonly counted: ReadonlySet<number>;
  readonly rateLimited: boolean;
}

/** Oldest first across the lanes; what needs quota and finds none is passed over, what needs none is not. */
function choose(
  db: Db,
  { now, quota: window, except }: ClaimInput,
  store: number,
  lanes: Map<number, Lane>,
): Choice {
  const quota = new Quota(db);
  const chosen: number[] = [];
  const counted = new Set<number>();
  let rateLimited = false;
  const others = new Set(except);
  for (const [num, laneNumber, gate, , id] of candidates(db, now, window.hour, lanes, except.length)) {
    if (others.has(id)) continue;
    const lane = lanes.get(laneNumber);
    if (!lane || lane.room <= 0) continue;
    if (gate === NEEDS_QUOTA && window.limit !== null) {
      if (rateLimited || !quota.take(store, window.hour, window.limit)) {
        rateLimited = true;
        continue;
      }
      counted.add(num);
    }
    lane.room--;
    chosen.push(num);
  }
  quota.save();
  return { chosen, counted, rateLimited };
}

const COUNT_AGAIN = `UPDATE deliveries SET gate = ${NEEDS_QUOTA}, counted_hour = NULL WHERE num IN (
  SELECT d.num FROM json_each(?1) l CROSS JOIN deliveries d INDEXED BY deliveries_queue
  WHERE d.endpoint = l.value AND d.gate > ${FREE} AND d.gate <> ?2)`;

/** ?1 is [[lane, gate], …]; each pair is one look into the queue, whatever waits behind. */
const HEADS = `SELECT d.num, d.endpoint, d.gate, d.due_at, d.id FROM json_each(?1) l CROSS JOIN deliveries d
  WHERE d.num IN (SELECT q.num FROM deliveries q INDEXED BY deliveries_queue
    WHERE q.gate IS NOT NULL AND q.endpoint = l.value ->> 0 AND q.gate = l.value ->> 1 AND q.due_at <= ?2
    ORDER BY q.due_at, q.num LIMIT ?3)`;

function candidates(db: Db, now: number, hour: number, lanes: Map<number, Lane>, more: number): Candidate[] {
  const numbers = [...lanes.keys()];
  const looks = numbers.flatMap((num) => [
    [num, NEEDS_QUOTA],
    [num, FREE],
    [num, countedIn(hour)],
  ]);
  const most = Math.max(...[...lanes.values()].map(({ room }) => room), 0);
  return db
    .tuples<Candidate>(HEADS, JSON.stringify(looks), now, most + more)
    .sort((a, b) => a[3] - b[3] || a[0] - b[0]);
}

function leaseThem(
  db: Db,
  { lease, quota: { hour } }: ClaimInput,
  chosen: readonly number[],
  counted: ReadonlySet<number>,
): void {
  if (chosen.length === 0) return;
  db.run(
    "UPDATE deliveries SET gate = NULL, lease_token = ?2, lease_until = ?3 WHERE num IN (SELECT value FROM json_each(?1))",
    JSON.stringify(chosen),
    lease.token,
    lease.until,
  );
  if (counted.size === 0) return;
  db.run(
    "UPDATE deliveries SET counted_hour = ?2 WHERE num IN (SELECT value FROM json_each(?1))",
    JSON.stringify([...counted]),
    hour,
  );
}

const FIRST_DUE = (laneSql: string, which = ""): string => {
  const look = (gate: string) =>
    `coalesce((SELECT due_at FROM deliveries INDEXED BY deliveries_queue WHERE gate IS NOT NULL
       AND endpoint = ${laneSql} AND ${gate}${which} ORDER BY due_at LIMIT 1), 9e15)`;
  return `min(${look(`gate = ${NEEDS_QUOTA}`)}, ${look(`gate = ${FREE}`)}, ${look(`gate > ${FREE}`)})`;
};
const NEVER = 9e15;

const NEXT_DUE = `SELECT l.value, ${FIRST_DUE("l.value")} FROM json_each(?1) l`;
const NOT_AMONG = " AND id NOT IN (SELECT value FROM json_each(?2))";
const NEXT_DUE_BUT = `SELECT l.value, ${FIRST_DUE("l.value", NOT_AMONG)} FROM json_each(?1) l`;

function nextDue(db: Db, lanes: Map<number, Lane>, except: readonly string[]): [string, number | null][] {
  const numbers = JSON.stringify([...lanes.keys()]);
  const rows =
    except.length === 0
      ? db.tuples<[number, number]>(NEXT_DUE, numbers)
      : db.tuples<[number, number]>(NEXT_DUE_BUT, numbers, JSON.stringify(except));
  return rows.map(([num, dueAt]) => [lanes.get(num)?.endpointId ?? "", dueAt === NEVER ? null : dueAt]);
}

type ClaimedRow = [
  num: number,
  id: string,
  lane: number,
  eventType: string,
  test: number,
  failures: number,
  attemptCount: number,
  eventId: string,
  tenantId: string,
  subjectId: string,
  body: string,
  createdAt: number,
];

const CLAIMED = `SELECT d.num, d.id, d.endpoint, d.event_type, d.test, d.failures, json_array_length(d.attempts),
    e.id, e.tenant_id, e.subject_id, p.body, d.created_at
  FROM json_each(?1) j CROSS JOIN deliveries d ON d.num = j.value CROSS JOIN events e ON e.num = d.event
    CROSS JOIN payloads p ON p.num = d.payload`;

function readClaimed(
  db: Db,
  { storeId }: ClaimInput,
  chosen: readonly number[],
  lanes: Map<number, Lane>,
): ClaimedDelivery[] {
  if (chosen.length === 0) return [];
  return db.tuples<ClaimedRow>(CLAIMED, JSON.stringify(chosen)).map((row) => {
    const [
      ,
      id,
      lane,
      eventType,
      test,
      failures,
      attemptCount,
      eventId,
      tenantId,
      subjectId,
      body,
      createdAt,
    ] = row;
    const endpointId = lanes.get(lane)?.endpointId ?? "";
    return {
      id,
      eventId,
      eventType,
      endpointId,
      tenantId,
      storeId,
      subjectId,
      body,
      createdAt,
      test: test === 1,
      attemptCount,
      failures,
    };
  });
}

/** Walks the queue's index from one endpoint to the next, so that it costs by endpoints and not by deliveries. */
const DUE_LANES = `WITH RECURSIVE lanes (num) AS (
    SELECT (SELECT endpoint FROM deliveries INDEXED BY deliveries_queue WHERE gate IS NOT NULL
      ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT (SELECT endpoint FROM deliveries INDEXED BY deliveries_queue WHERE gate IS NOT NULL
      AND endpoint > lanes.num ORDER BY endpoint LIMIT 1) FROM lanes WHERE lanes.num IS NOT NULL
  )
  SELECT e.id AS endpointId, s.id AS storeId, s.tenant_id AS tenantId, ${FIRST_DUE("lanes.num")} AS nextDueAt
  FROM lanes CROSS JOIN endpoints e ON e.num = lanes.num CROSS JOIN stores s ON s.num = e.store
  WHERE e.state = 'active' AND ${isFreeFor("e.num", "?1", "?2")}
    AND (?3 IS NULL OR e.id IN (SELECT value FROM json_each(?3)))`;

export function dueLanes(db: Db, { now, ahead, holder, among }: DueLanesInput): DueLane[] {
  const lanes = db.rows<DueLane>(DUE_LANES, holder, now, among && JSON.stringify(among));
  return lanes.filter(({ nextDueAt }) => nextDueAt < NEVER && (ahead || nextDueAt <= now));
}
