import { SETTINGS } from "./settings.ts";
import { ADDED } from "./tally.ts";

/** For releases that know no schema after 4; `record_2` is what this one calls. */
export const RECORD_1 = `
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
  ), ${ADDED}
  SELECT coalesce(array_agg(d.ord), '{}') INTO applied FROM done d;
  RETURN NEXT;
END $$;
`;
