import { type Attempt, type AttemptError, DELIVERY_STATUSES } from "../../domain/delivery.ts";
import type { Endpoint } from "../../domain/endpoint.ts";
import { hourOf, type Plan } from "../../domain/store.ts";
import type { DeliveryDetail } from "../driver.ts";
import type { Db } from "./db.ts";

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
  readonly test: number;
  readonly failures: number;
  readonly refused: number;
  readonly leased: number;
  readonly attempts: string;
  readonly endpointState: Endpoint["state"];
  readonly endpointFailures: number;
  readonly storePlan: Plan;
  readonly storeUsed: number;
}

const SELECT = `SELECT d.num, d.id, ev.id AS eventId, d.event_type AS eventType, e.id AS endpointId,
    s.tenant_id AS tenantId, s.id AS storeId, e.contract, ev.subject_id AS subjectId, d.status, d.due_at AS dueAt,
    d.created_at AS createdAt, d.delivered_at AS deliveredAt, d.test, d.failures, d.refused,
    d.lease_token IS NOT NULL AS leased, d.attempts, e.state AS endpointState,
    r.consecutive_failures AS endpointFailures, s.plan AS storePlan, coalesce(q.used, 0) AS storeUsed`;
const JOINS = `CROSS JOIN events ev ON ev.num = d.event CROSS JOIN endpoints e ON e.num = d.endpoint
  CROSS JOIN endpoint_records r ON r.endpoint = e.num CROSS JOIN stores s ON s.num = e.store
  LEFT JOIN quota_used q ON q.hour = ?2 AND q.store = s.num`;

/** Deliveries by number, in the order asked for. */
export function detailsOf(db: Db, numbers: readonly number[], now: number): DeliveryDetail[] {
  if (numbers.length === 0) return [];
  const rows = db.rows<DetailRow>(
    `${SELECT} FROM json_each(?1) j CROSS JOIN deliveries d ON d.num = j.value ${JOINS}`,
    JSON.stringify(numbers),
    hourOf(now),
  );
  const byNumber = new Map(rows.map((row) => [row.num, row]));
  return numbers.flatMap((num) => {
    const row = byNumber.get(num);
    return row ? [toDetail(row)] : [];
  });
}

export function getDelivery(db: Db, id: string, now: number): DeliveryDetail | null {
  const num = db.tuple<[number]>("SELECT num FROM deliveries WHERE id = ?", id)?.[0];
  return num === undefined ? null : (detailsOf(db, [num], now)[0] ?? null);
}

function toDetail(row: DetailRow): DeliveryDetail {
  return {
    id: row.id,
    eventId: row.eventId,
    eventType: row.eventType,
    endpointId: row.endpointId,
    tenantId: row.tenantId,
    storeId: row.storeId,
    contract: row.contract,
    subjectId: row.subjectId,
    status: DELIVERY_STATUSES[row.status] ?? "cancelled",
    nextAttemptAt: row.dueAt,
    createdAt: row.createdAt,
    deliveredAt: row.deliveredAt,
    test: row.test === 1,
    failures: row.failures,
    attempts: toAttempts(row.attempts),
    leased: row.leased === 1,
    refused: row.refused === 1,
    endpointState: row.endpointState,
    endpointFailures: row.endpointFailures,
    storePlan: row.storePlan,
    storeUsed: row.storeUsed,
  };
}

type StoredAttempt = [number, number, number | null, AttemptError | null, number];

export const toAttempts = (text: string): Attempt[] =>
  (JSON.parse(text) as StoredAttempt[]).map(([number, at, statusCode, error, durationMs]) => ({
    number,
    at,
    statusCode,
    error,
    durationMs,
  }));
