import { SETTINGS } from "./settings.ts";

/**
 * A group of outcomes. Only what is still leased under the token that it was sent under is touched: it leaves the
 * queue for history, or waits there for its retry. What has failed for a deleted endpoint is not tried again.
 * Leaves a note for `tally_1`: to write the same rows of records and hours each time would take longer the longer
 * somebody holds a snapshot open. Answers the positions, from 1, of those that were applied.
 *
 * Each is looked up by itself, by its id, and found again by its place: joined to the queue, a plan that was made
 * while the queue was empty would read all of the queue for each outcome. `IS NOT DISTINCT FROM` keeps the lease out
 * of the choice of an index: a token has as many rows as a second brings.
 */
const record = (name: string, fence: string): string => `
CREATE FUNCTION ${name}(
  r_id text[], r_token text[], r_status smallint[], r_due bigint[], r_refused boolean[], r_at bigint[],
  r_attempt text[], r_bucket integer[], r_ms double precision[]
) RETURNS TABLE (applied bigint[])
LANGUAGE plpgsql ${SETTINGS} AS $$
BEGIN
  WITH r AS MATERIALIZED (
    SELECT * FROM unnest(r_id, r_token, r_status, r_due, r_refused, r_at, r_attempt, r_bucket, r_ms) WITH ORDINALITY
      AS r (id, token, status, due, refused, at, attempt, bucket, ms, ord)
  ), found AS MATERIALIZED (
    SELECT r.*, w.place, w.deleted FROM r CROSS JOIN LATERAL (
      SELECT q.ctid AS place, EXISTS (SELECT FROM endpoints e
          WHERE e.tenant = q.tenant AND e.num = q.endpoint AND e.state = 'deleted') AS deleted
        FROM queue q WHERE q.id = r.id AND q.lease IS NOT DISTINCT FROM r.token${fence} OFFSET 0) w
  ), gone AS (
    DELETE FROM queue q USING found f
      WHERE q.ctid = f.place AND q.lease IS NOT DISTINCT FROM f.token AND (f.status > 1 OR f.deleted)
    RETURNING q.*, f.status AS ends, f.deleted, f.refused, f.at, f.attempt, f.bucket, f.ms, f.ord
  ), history AS (
    INSERT INTO deliveries (tenant, endpoint, created_at, num, store, event, settled_at, delivered_at, body_from,
      body_length, failures, attempt_count, status, refused, test, id, event_type, attempts)
    SELECT g.tenant, g.endpoint, g.created_at, g.num, g.store, g.event, g.at,
      CASE WHEN g.ends = 2 THEN g.at ELSE g.delivered_at END, g.body_from, g.body_length,
      CASE WHEN g.ends = 2 THEN g.failures ELSE g.failures + 1 END, g.attempt_count + 1,
      CASE WHEN g.ends = 2 THEN 2 WHEN g.deleted THEN 4 ELSE 3 END, g.refused, g.test, g.id, g.event_type,
      CASE WHEN g.attempts = '[]' THEN '[' || g.attempt || ']'
        ELSE left(g.attempts, -1) || ',' || g.attempt || ']' END
    FROM gone g
  ), again AS (
    UPDATE queue q SET lease = NULL, counted_hour = NULL, status = 1, gate = 1, due_at = f.due,
        failures = q.failures + 1, attempt_count = q.attempt_count + 1,
        attempts = CASE WHEN q.attempts = '[]' THEN '[' || f.attempt || ']'
          ELSE left(q.attempts, -1) || ',' || f.attempt || ']' END
      FROM found f
      WHERE q.ctid = f.place AND q.lease IS NOT DISTINCT FROM f.token AND f.status = 1 AND NOT f.deleted
    RETURNING q.tenant, q.endpoint, q.test, f.status AS ends, f.at, f.bucket, f.ms, f.ord
  ), done AS MATERIALIZED (
    SELECT tenant, endpoint, test, ends = 2 AS ok, at, bucket, ms, ord FROM gone
    UNION ALL SELECT tenant, endpoint, test, false, at, bucket, ms, ord FROM again
  ), noted AS (
    INSERT INTO tallies (tenant, endpoint, test, ok, at, bucket, ms)
    SELECT array_agg(d.tenant), array_agg(d.endpoint), array_agg(d.test), array_agg(d.ok), array_agg(d.at),
      array_agg(d.bucket), array_agg(d.ms)
    FROM (SELECT * FROM done ORDER BY ord) d HAVING count(*) > 0
  )
  SELECT coalesce(array_agg(d.ord), '{}') INTO applied FROM done d;
  RETURN NEXT;
END $$;
`;

/** For releases that know no schema after 7. */
export const RECORD_2 = record("record_2", "");
/** What was sent without a lease is written only while nobody has tried it. */
export const RECORD_3 = record("record_3", " AND (r.token IS NOT NULL OR q.attempt_count = 0)");
