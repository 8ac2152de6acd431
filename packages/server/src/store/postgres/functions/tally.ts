import { SETTINGS } from "./settings.ts";

/** Adds what is `done` to the endpoints' records and hours, in the order of the outcomes. */
export const ADDED = `counted AS (
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
  )`;

/** Adds what groups of outcomes have noted to the endpoints' records and hours; answers the last note's number. */
export const TALLY = `
CREATE FUNCTION tally_1(t_mark bigint) RETURNS TABLE (last bigint)
LANGUAGE plpgsql ${SETTINGS} AS $$
BEGIN
  WITH gone AS (
    DELETE FROM tallies WHERE num > t_mark RETURNING *
  ), done AS MATERIALIZED (
    SELECT d.tenant, d.endpoint, d.test, d.ok, d.at, d.bucket, d.ms, row_number() OVER (ORDER BY g.num, d.place) AS ord
      FROM gone g CROSS JOIN LATERAL unnest(g.tenant, g.endpoint, g.test, g.ok, g.at, g.bucket, g.ms)
        WITH ORDINALITY AS d (tenant, endpoint, test, ok, at, bucket, ms, place)
  ), ${ADDED}
  SELECT max(g.num) INTO last FROM gone g;
  RETURN NEXT;
END $$;
`;
