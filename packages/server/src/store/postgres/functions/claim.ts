import { SETTINGS } from "./settings.ts";

/**
 * Leases what is due in some lanes of one store: oldest first across the lanes; what needs quota and finds none is
 * passed over, what needs none is not. `c_marks`: where each lane's look into the index starts, past the entries that
 * are dead already.
 *
 * The deliveries come first. Then a row for each lane, with its position, when its next delivery is due (null: none from
 * the mark on; -1: nothing may be sent in it), whether the quota is used up, and the version of the store's endpoints.
 */
const claim = (name: string): string => `
CREATE FUNCTION ${name}(
  c_now bigint, c_token text, c_until bigint, c_tenant bigint, c_store bigint, c_hour integer, c_limit integer,
  c_holder text, c_lanes bigint[], c_rooms integer[], c_marks bigint[]
) RETURNS TABLE (
  lane integer, next bigint, limited boolean, version integer,
  id text, event_id text, event_type text, endpoint bigint, subject_id text, body text, created_at bigint,
  due_at bigint, test boolean, attempt_count integer, failures integer
)
LANGUAGE plpgsql ${SETTINGS} AS $$
#variable_conflict use_column
DECLARE
  v_rooms integer[];
  v_used integer := 0;
  v_before integer := 0;
  v_seen integer[] := array_fill(0, ARRAY[cardinality(c_lanes)]);
  v_chosen tid[] := '{}';
  v_hours integer[] := '{}';
  v_limited boolean := false;
  c record;
BEGIN
  -- A lane that may not send has no room.
  v_rooms := ARRAY(
    SELECT CASE WHEN e.state = 'active' AND e.store = c_store AND NOT EXISTS (SELECT FROM lane_holds h
        WHERE h.tenant = c_tenant AND h.endpoint = l.lane AND h.holder <> c_holder AND h.until > c_now)
      THEN l.room ELSE -1 END
    FROM unnest(c_lanes, c_rooms) WITH ORDINALITY AS l (lane, room, ord)
    LEFT JOIN endpoints e ON e.tenant = c_tenant AND e.num = l.lane ORDER BY l.ord);

  -- What was counted in another hour needs quota again.
  UPDATE queue q SET gate = 0, counted_hour = NULL
    FROM unnest(c_lanes, v_rooms) AS l (lane, room)
    CROSS JOIN LATERAL (SELECT w.ctid AS place FROM queue w
      WHERE w.endpoint = l.lane AND w.gate = 2 AND w.lease IS NULL AND w.counted_hour <> c_hour OFFSET 0) w
    WHERE l.room >= 0 AND q.ctid = w.place AND q.gate = 2 AND q.lease IS NULL AND q.counted_hour <> c_hour;

  IF c_limit IS NOT NULL THEN
    -- Locks the counter.
    INSERT INTO quota_used AS q (tenant, store, hour, used) VALUES (c_tenant, c_store, c_hour, 0)
      ON CONFLICT ON CONSTRAINT quota_used_pkey DO UPDATE SET used = q.used RETURNING q.used INTO v_before;
    v_used := v_before;
  END IF;

  FOR c IN
    SELECT l.ord, q.place, q.gate
      FROM unnest(c_lanes, v_rooms, c_marks) WITH ORDINALITY AS l (lane, room, mark, ord)
      CROSS JOIN generate_series(0, 2) AS g (gate)
      CROSS JOIN LATERAL (SELECT w.ctid AS place, w.gate, w.due_at, w.num FROM queue w
        WHERE w.endpoint = l.lane AND w.gate = g.gate AND w.lease IS NULL
          AND w.due_at >= l.mark AND w.due_at <= c_now
        ORDER BY w.due_at, w.num LIMIT greatest(l.room, 0) FOR UPDATE SKIP LOCKED) q
      WHERE l.room > 0 ORDER BY q.due_at, q.num
  LOOP
    CONTINUE WHEN v_seen[c.ord] >= v_rooms[c.ord];
    IF c.gate = 0 AND c_limit IS NOT NULL THEN
      IF v_limited OR v_used >= c_limit THEN
        v_limited := true;
        CONTINUE;
      END IF;
      v_used := v_used + 1;
      v_hours := v_hours || c_hour;
    ELSE
      v_hours := v_hours || NULL::integer;
    END IF;
    v_seen[c.ord] := v_seen[c.ord] + 1;
    v_chosen := v_chosen || c.place;
  END LOOP;

  IF v_used > v_before THEN
    UPDATE quota_used q SET used = v_used WHERE q.tenant = c_tenant AND q.store = c_store AND q.hour = c_hour;
  END IF;
  IF cardinality(v_chosen) > 0 THEN
    INSERT INTO leases (token, until) VALUES (c_token, c_until) ON CONFLICT DO NOTHING;
    -- Locked above, so that each is still in its place.
    RETURN QUERY WITH taken AS (
        UPDATE queue q SET lease = c_token, counted_hour = coalesce(t.hour, q.counted_hour)
          FROM unnest(v_chosen, v_hours) WITH ORDINALITY AS t (place, hour, ord) WHERE q.ctid = t.place
        RETURNING q.tenant, q.store, q.created_at, q.event, q.id, q.event_type, q.endpoint, q.body_from, q.body_length,
          q.due_at, q.test, q.attempt_count, q.failures, t.ord)
      SELECT NULL::integer, NULL::bigint, NULL::boolean, NULL::integer, q.id, e.id, q.event_type, q.endpoint, e.subject_id,
          convert_from(substring(e.bodies FROM q.body_from + 1 FOR q.body_length), 'UTF8'), q.created_at, q.due_at,
          q.test, q.attempt_count, q.failures
        FROM taken q
        CROSS JOIN LATERAL (SELECT v.id, v.subject_id, v.bodies FROM events v WHERE v.tenant = q.tenant AND v.store = q.store
          AND v.created_at = q.created_at AND v.num = q.event OFFSET 0) e
        ORDER BY q.ord;
  END IF;

  RETURN QUERY
    SELECT l.ord::integer, CASE WHEN l.room < 0 THEN -1 ELSE (SELECT min(first.due_at) FROM generate_series(0, 2) AS g (gate)
          CROSS JOIN LATERAL (SELECT w.due_at FROM queue w WHERE w.endpoint = l.lane AND w.gate = g.gate
            AND w.lease IS NULL AND w.due_at >= l.mark ORDER BY w.due_at LIMIT 1) first) END,
        v_limited, (SELECT s.endpoints_version FROM stores s WHERE s.tenant = c_tenant AND s.num = c_store),
        NULL::text, NULL::text, NULL::text, NULL::bigint, NULL::text, NULL::text, NULL::bigint, NULL::bigint, NULL::boolean, NULL::integer, NULL::integer
      FROM unnest(c_lanes, v_rooms, c_marks) WITH ORDINALITY AS l (lane, room, mark, ord);
END $$;
`;

/** For releases that know no schema after 5. */
export const CLAIM_2 = claim("claim_2");
export const CLAIM_3 = claim("claim_3");
