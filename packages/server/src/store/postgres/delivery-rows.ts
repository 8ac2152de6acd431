import { type Attempt, type AttemptError, DELIVERY_STATUSES } from "../../domain/delivery.ts";
import type { Endpoint } from "../../domain/endpoint.ts";
import { hourOf, type Plan } from "../../domain/store.ts";
import type { DeliveryDetail } from "../driver.ts";
import type { Context } from "./context.ts";

/** A delivery's place in every list, and its row's key together with its endpoint's tenant. */
export interface Key {
  readonly tenant: number;
  readonly endpoint: number;
  readonly createdAt: number;
  readonly num: number;
}
export const KEY = `d.tenant, d.endpoint, d.created_at AS "createdAt", d.num`;

interface DetailRow {
  readonly num: number;
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: string;
  readonly tenantId: string;
  readonly storeId: string;
  readonly contract: string;
  readonly subjectId: string;
  readonly status: number;
  readonly dueAt: number | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  readonly test: boolean;
  readonly failures: number;
  readonly refused: boolean;
  readonly leased: boolean;
  readonly attempts: string;
  readonly endpointState: Endpoint["state"];
  readonly endpointFailures: number;
  readonly storePlan: Plan;
  readonly storeUsed: number;
}

const COMMON = `tenant, endpoint, created_at, num, store, event, delivered_at, failures, attempts, status, test, id,
  event_type`;
/** Unsettled and settled alike. A delivery is in one of the two at any moment, and both are read in one snapshot. */
const EITHER = `(SELECT ${COMMON}, due_at, false AS refused, lease IS NOT NULL AS leased FROM queue
  UNION ALL SELECT ${COMMON}, NULL::bigint, refused, false FROM deliveries)`;

const SELECT = `SELECT d.num, d.id, ev.id AS "eventId", d.event_type AS "eventType", e.id AS "endpointId",
    s.tenant_id AS "tenantId", s.id AS "storeId", e.contract, ev.subject_id AS "subjectId", d.status,
    d.due_at AS "dueAt", d.created_at AS "createdAt", d.delivered_at AS "deliveredAt", d.test, d.failures, d.refused,
    d.leased, d.attempts, e.state AS "endpointState", r.consecutive_failures AS "endpointFailures",
    s.plan AS "storePlan", coalesce(q.used, 0) AS "storeUsed"
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS k (tenant, endpoint, created_at, num)
  JOIN ${EITHER} d ON d.tenant = k.tenant AND d.endpoint = k.endpoint AND d.created_at = k.created_at AND d.num = k.num
  JOIN events ev ON ev.tenant = d.tenant AND ev.store = d.store AND ev.created_at = d.created_at AND ev.num = d.event
  JOIN endpoints e ON e.tenant = d.tenant AND e.num = d.endpoint
  JOIN endpoint_records r ON r.tenant = d.tenant AND r.endpoint = d.endpoint
  JOIN stores s ON s.tenant = d.tenant AND s.num = d.store
  LEFT JOIN quota_used q ON q.tenant = d.tenant AND q.store = d.store AND q.hour = $5`;

/** Deliveries by key, in the order asked for. */
export async function detailsOf(
  { db }: Context,
  keys: readonly Key[],
  now: number,
): Promise<DeliveryDetail[]> {
  if (keys.length === 0) return [];
  const rows = await db.rows<DetailRow>(
    SELECT,
    keys.map(({ tenant }) => tenant),
    keys.map(({ endpoint }) => endpoint),
    keys.map(({ createdAt }) => createdAt),
    keys.map(({ num }) => num),
    hourOf(now),
  );
  const byNumber = new Map(rows.map((row) => [row.num, row]));
  return keys.flatMap(({ num }) => {
    const row = byNumber.get(num);
    return row ? [toDetail(row)] : [];
  });
}

export async function getDelivery(context: Context, id: string, now: number): Promise<DeliveryDetail | null> {
  const key = await context.db.row<Key>(
    `SELECT ${KEY} FROM queue d WHERE d.id = $1 UNION ALL SELECT ${KEY} FROM deliveries d WHERE d.id = $1 LIMIT 1`,
    id,
  );
  return key ? ((await detailsOf(context, [key], now))[0] ?? null) : null;
}

function toDetail({ dueAt, status, attempts, num: _, ...row }: DetailRow): DeliveryDetail {
  return {
    ...row,
    status: DELIVERY_STATUSES[status] ?? "cancelled",
    nextAttemptAt: dueAt,
    attempts: toAttempts(attempts),
  };
}

type StoredAttempt = [number, number, number | null, AttemptError | null, number];

const toAttempts = (text: string): Attempt[] =>
  (JSON.parse(text) as StoredAttempt[]).map(([number, at, statusCode, error, durationMs]) => ({
    number,
    at,
    statusCode,
    error,
    durationMs,
  }));
