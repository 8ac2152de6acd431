import { hourOf } from "../../domain/store.ts";
import type { EndpointHealth } from "../driver.ts";
import { quantile } from "../histogram.ts";
import { countStatuses } from "./counts.ts";
import type { Db } from "./db.ts";
import { liveEndpoint, withRecord } from "./endpoint-rows.ts";

type HourRow = [bucket: number, succeeded: number, failed: number, totalMs: number];

/** The hours are those there are; each is one look by its key. */
const HOURS = `WITH RECURSIVE hours (hour) AS (
    SELECT (SELECT min(hour) FROM attempt_hours WHERE hour >= ?2)
    UNION ALL
    SELECT (SELECT min(hour) FROM attempt_hours WHERE hour > hours.hour) FROM hours WHERE hours.hour IS NOT NULL
  )
  SELECT a.bucket, sum(a.succeeded), sum(a.failed), sum(a.total_ms)
  FROM hours CROSS JOIN attempt_hours a ON a.hour = hours.hour AND a.endpoint = ?1 GROUP BY a.bucket`;

export function endpointHealth(db: Db, id: string, since: number): EndpointHealth | null {
  const row = liveEndpoint(db, id);
  if (!row) return null;
  const buckets = db.tuples<HourRow>(HOURS, row.num, hourOf(since));
  const counts = new Map(buckets.map(([bucket, succeeded, failed]) => [bucket, succeeded + failed]));
  const sum = (column: 1 | 2 | 3) => buckets.reduce((total, bucket) => total + bucket[column], 0);
  const succeeded = sum(1);
  const failed = sum(2);
  const open = countStatuses(db, { endpointId: id }, ["pending", "retrying", "dead_letter"]);
  return {
    succeeded,
    failed,
    averageMs: succeeded + failed === 0 ? null : sum(3) / (succeeded + failed),
    p50Ms: quantile(counts, 0.5),
    p95Ms: quantile(counts, 0.95),
    record: withRecord(row).record,
    pending: open.pending + open.retrying,
    deadLetters: open.dead_letter,
  };
}
