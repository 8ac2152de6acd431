import { hourOf } from "../../domain/store.ts";
import type { EndpointHealth } from "../driver.ts";
import { quantile } from "../histogram.ts";
import type { Context } from "./context.ts";
import { countStatuses } from "./counts.ts";
import { liveEndpoint, withRecord } from "./endpoint-rows.ts";

interface Bucket {
  readonly bucket: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly totalMs: number;
}

const HOURS = `SELECT bucket, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed,
    sum(total_ms) AS "totalMs"
  FROM attempt_hours WHERE tenant = $1 AND endpoint = $2 AND hour >= $3 GROUP BY bucket`;

export async function endpointHealth(
  { db }: Context,
  id: string,
  since: number,
): Promise<EndpointHealth | null> {
  const row = await liveEndpoint(db, id);
  if (!row) return null;
  const buckets = await db.rows<Bucket>(HOURS, row.tenant, row.num, hourOf(since));
  const counts = new Map(buckets.map(({ bucket, succeeded, failed }) => [bucket, succeeded + failed]));
  const sum = (column: "succeeded" | "failed" | "totalMs") =>
    buckets.reduce((total, bucket) => total + bucket[column], 0);
  const succeeded = sum("succeeded");
  const failed = sum("failed");
  const open = await countStatuses(db, { endpointId: id }, ["pending", "retrying", "dead_letter"]);
  return {
    succeeded,
    failed,
    averageMs: succeeded + failed === 0 ? null : sum("totalMs") / (succeeded + failed),
    p50Ms: quantile(counts, 0.5),
    p95Ms: quantile(counts, 0.95),
    record: withRecord(row).record,
    pending: open.pending + open.retrying,
    deadLetters: open.dead_letter,
  };
}
