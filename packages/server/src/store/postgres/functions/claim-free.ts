import { SETTINGS } from "./settings.ts";

/** What releases see differently. */
interface Version {
  readonly name: string;
  /** One more: what is not to be had. */
  readonly parameter: string;
  /** Whether `w` is to be had. */
  readonly isFree: string;
  /** The gates, from and to, of what may be due only later. */
  readonly later: string;
}
const BEFORE = { parameter: "", isFree: "", later: "0, 2" };

/**
 * Leases what is due in lanes of any number of stores that have no quota, in one statement: oldest first. `a_` are
 * columns of claims, `l_` of their lanes; `l_claim` is the claim's position, from 1.
 *
 * The deliveries come first. Then a row for each lane, with its position, when its next delivery is due (null: none from
 * the mark on; -1: nothing may be sent in it), that no quota is used up, and the version of its store's endpoints.
 */
const claimFree = ({ name, parameter, isFree, later }: Version): string => `
CREATE FUNCTION ${name}(
  c_now bigint, c_holder text, a_token text[], a_until bigint[],
  l_claim integer[], l_tenant bigint[], l_store bigint[], l_lane bigint[], l_room integer[], l_mark bigint[]${parameter}
) RETURNS TABLE (
  claim integer, lane integer, next bigint, limited boolean, version integer,
  id text, event_id text, event_type text, endpoint bigint, subject_id text, body text, created_at bigint,
  due_at bigint, test boolean, attempt_count integer, failures integer
)
LANGUAGE plpgsql ${SETTINGS} AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY WITH lanes AS MATERIALIZED (
    SELECT u.ord, u.claim, u.tenant, u.store, u.lane, u.mark, CASE WHEN e.state = 'active' AND e.store = u.store
        AND NOT EXISTS (SELECT FROM lane_holds h
          WHERE h.tenant = u.tenant AND h.endpoint = u.lane AND h.holder <> c_holder AND h.until > c_now)
      THEN u.room ELSE -1 END AS room
    FROM unnest(l_claim, l_tenant, l_store, l_lane, l_room, l_mark) WITH ORDINALITY
      AS u (claim, tenant, store, lane, room, mark, ord)
    LEFT JOIN endpoints e ON e.tenant = u.tenant AND e.num = u.lane
  ), picked AS MATERIALIZED (
    SELECT l.ord, l.claim, l.room, q.place, q.due_at, q.num,
        row_number() OVER (PARTITION BY l.ord ORDER BY q.due_at, q.num) AS rank
      FROM lanes l
      CROSS JOIN generate_series(0, 2) AS g (gate)
      CROSS JOIN LATERAL (SELECT w.ctid AS place, w.due_at, w.num FROM queue w
        WHERE w.endpoint = l.lane AND w.gate = g.gate AND w.lease IS NULL
          AND w.due_at >= l.mark AND w.due_at <= c_now${isFree}
        ORDER BY w.due_at, w.num LIMIT l.room + 1 FOR UPDATE SKIP LOCKED) q
      WHERE l.room > 0
  ), granted AS (
    INSERT INTO leases (token, until) SELECT a_token[p.claim], a_until[p.claim]
      FROM (SELECT DISTINCT claim FROM picked) p
    ON CONFLICT DO NOTHING
  ), taken AS (
    -- Locked above, so that each is still in its place.
    UPDATE queue q SET lease = a_token[p.claim] FROM picked p WHERE p.rank <= p.room AND q.ctid = p.place
    RETURNING q.tenant, q.store, q.created_at, q.event, q.num, q.id, q.event_type, q.endpoint, q.body_from,
      q.body_length, q.due_at, q.test, q.attempt_count, q.failures, p.claim
  ), rest AS MATERIALIZED (
    -- One more than there is room for is looked at, to know when it is due.
    SELECT p.ord, min(p.due_at) AS next FROM picked p WHERE p.rank > p.room GROUP BY p.ord
  ), deliveries AS (
    SELECT q.claim, NULL::integer, NULL::bigint, NULL::boolean, NULL::integer, q.id, e.id, q.event_type, q.endpoint, e.subject_id,
        convert_from(substring(e.bodies FROM q.body_from + 1 FOR q.body_length), 'UTF8'), q.created_at, q.due_at,
        q.test, q.attempt_count, q.failures
      FROM taken q
      CROSS JOIN LATERAL (SELECT v.id, v.subject_id, v.bodies FROM events v WHERE v.tenant = q.tenant AND v.store = q.store
        AND v.created_at = q.created_at AND v.num = q.event OFFSET 0) e
      ORDER BY q.due_at, q.num
  )
  SELECT * FROM deliveries
  UNION ALL
  SELECT l.claim, l.ord::integer,
      CASE WHEN l.room < 0 THEN -1 WHEN s.next IS NOT NULL THEN s.next
        ELSE (SELECT min(first.due_at) FROM generate_series(${later}) AS g (gate)
          CROSS JOIN LATERAL (SELECT w.due_at FROM queue w WHERE w.endpoint = l.lane AND w.gate = g.gate
            AND w.lease IS NULL AND w.due_at > c_now ORDER BY w.due_at LIMIT 1) first) END,
      false, (SELECT t.endpoints_version FROM stores t WHERE t.tenant = l.tenant AND t.num = l.store),
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM lanes l LEFT JOIN rest s ON s.ord = l.ord;
END $$;
`;

/** For releases that know no schema after 5. */
export const CLAIM_FREE_1 = claimFree({ name: "claim_free_1", ...BEFORE });
/** For releases that know no schema after 7. */
export const CLAIM_FREE_2 = claimFree({ name: "claim_free_2", ...BEFORE });
/** Passes over what the holder sends without a lease. */
export const CLAIM_FREE_3 = claimFree({
  name: "claim_free_3",
  parameter: ", c_except text[]",
  isFree: " AND w.id <> ALL (c_except)",
  // First attempts are due when they are accepted. One that came since is told of, and mostly on its way already.
  later: "1, 2",
});
