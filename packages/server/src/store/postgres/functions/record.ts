import { SETTINGS } from "./settings.ts";

/**
 * A group of outcomes. Only what is still leased under the token that it was sent under is touched: it leaves the
 * queue for history, or waits there for its retry. What has failed for a deleted endpoint is not tried again.
 * Then the endpoints' records and hours, added up in the order of the outcomes. Answers the positions, from 1, of
 * those that were applied.
 *
 * `IS NOT DISTINCT FROM` keeps the lease out of the choice of an index: a token has as many rows as a second brings.
 */
export const RECORD = `
CREATE FUNCTION record_1(
  r_id text[], r_token text[], r_status smallint[], r_due bigint[], r_refused boolean[], r_at bigint[],
  r_attempt text[], r_bucket integer[], r_ms double precision[]
) RETURNS TABLE (applied bigint[])
LANGUAGE plpgsql ${SETTINGS} AS $$
BEGIN
  WITH r AS MATERIALIZED (
    SELECT * FROM unnest(r_id, r_token, r_status, r_due, r_refused, r_at, r_attempt, r_bucket, r_ms) WITH ORDINALITY
      AS r (id, token, status, due, refused, at, attempt, bucket, ms, ord)
  ), gone AS (
    DELETE FROM queue q USING r
      WHERE q.id = r.id AND q.lease IS NOT DISTINCT FROM r.token AND (r.status > 1 OR EXISTS (
        SELECT FROM endpoints e WHERE e.tenant = q.tenant AND e.num = q.endpoint AND e.state = 'deleted'))
    RETURNING q.*, r.status AS ends, r.refused, r.at, r.attempt, r.bucket, r.ms, r.ord
  ), history AS (
    INSERT INTO deliveries (tenant, endpoint, created_at, num, store, event, settled_at, delivered_at, body_from,
      body_length, failures, attempt_count, status, refused, test, id, event_type, attempts)
    SELECT g.tenant, g.endpoint, g.created_at, g.num, g.store, g.event, g.at,
      CASE WHEN g.ends = 2 THEN g.at ELSE g.delivered_at END, g.body_from, g.body_length,
      CASE WHEN g.ends = 2 THEN g.failures ELSE g.failures + 1 END, g.attempt_count + 1,
      CASE WHEN g.ends = 2 THEN 2 WHEN (SELECT e.state FROM endpoints e WHERE e.tenant = g.tenant
        AND e.num = g.endpoint) = 'deleted' THEN 4 ELSE 3 END,
      g.refused, g.test, g.id, g.event_type,
      CASE WHEN g.attempts = '[]' THEN '[' || g.attempt || ']'
        ELSE left(g.attempts, -1) || ',' || g.attempt || ']' END
    FROM gone g
  ), again AS (
    UPDATE queue q SET lease = NULL, counted_hour = NULL, status = 1, gate = 1, due_at = r.due,
        failures = q.failures + 1, attempt_count = q.attempt_count + 1,
        attempts = CASE WHEN q.attempts = '[]' THEN '[' || r.attempt || ']'
          ELSE left(q.attempts, -1) || ',' || r.attempt || ']' END
      FROM r WHERE r.status = 1 AND q.id = r.id AND q.lease IS NOT DISTINCT FROM r.token AND NOT EXISTS (
        SELECT FROM endpoints e WHERE e.tenant = q.tenant AND e.num = q.endpoint AND e.state = 'deleted')
    RETURNING q.tenant, q.endpoint, q.test, r.status AS ends, r.at, r.bucket, r.ms, r.ord
  ), done AS MATERIALIZED (
    SELECT tenant, endpoint, test, ends = 2 AS ok, at, bucket, ms, ord FROM gone
    UNION ALL SELECT tenant, endpoint, test, false, at, bucket, ms, ord FROM again
  ), counted AS (
    SELECT d.*, coalesce(max(ord) FILTER (WHERE ok AND NOT test) OVER (PARTITION BY tenant, endpoint), 0) AS won
      FROM done d
  ), records AS (
    INSERT INTO endpoint_records AS t (tenant, endpoint, consecutive_failures, failing_since, last_success_at,
      last_failure_at, attempts)
    SELECT c.tenant, c.endpoint, count(*) FILTER (WHERE NOT ok AND NOT test AND ord > won),
      (array_agg(at ORDER BY ord) FILTER (WHERE NOT ok AND NOT test AND ord > won))[1],
      max(at) FILTER (WHERE ord = won), (array_agg(at ORDER BY ord DESC) FILTER (WHERE NOT ok AND NOT test))[1],
      count(*)
    FROM counted c GROUP BY c.tenant, c.endpoint ORDER BY c.tenant, c.endpoint
    ON CONFLICT (tenant, endpoint) DO UPDATE SET
      consecutive_failures = CASE WHEN excluded.last_success_at IS NULL THEN t.consecutive_failures ELSE 0 END
        + excluded.consecutive_failures,
      failing_since = CASE WHEN excluded.last_success_at IS NULL
        THEN coalesce(t.failing_since, excluded.failing_since) ELSE excluded.failing_since END,
      last_success_at = coalesce(excluded.last_success_at, t.last_success_at),
      last_failure_at = coalesce(excluded.last_failure_at, t.last_failure_at),
      attempts = t.attempts + excluded.attempts
  ), hours AS (
    INSERT INTO attempt_hours AS t (tenant, endpoint, hour, bucket, succeeded, failed, total_ms)
    SELECT d.tenant, d.endpoint, (d.at / 3600000)::integer, d.bucket, count(*) FILTER (WHERE ok),
      count(*) FILTER (WHERE NOT ok), sum(d.ms)
    FROM done d WHERE NOT d.test GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (tenant, endpoint, hour, bucket) DO UPDATE SET succeeded = t.succeeded + excluded.succeeded,
      failed = t.failed + excluded.failed, total_ms = t.total_ms + excluded.total_ms
  )
  SELECT coalesce(array_agg(d.ord), '{}') INTO applied FROM done d;
  RETURN NEXT;
END $$;
`;
