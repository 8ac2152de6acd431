import { SETTINGS } from "./settings.ts";

/** By then a sweep of the lane's holder has seen it, and nothing is handed over past it. */
const FOUND_MS = 60_000;

/** Of a delivery `d`: others have queued a first attempt in its lane lately. */
const QUEUED_LATELY = `EXISTS (SELECT FROM queue w WHERE w.endpoint = d.endpoint
        AND w.gate IN (0, 2) AND w.lease IS NULL AND w.due_at >= d.created - ${FOUND_MS})`;

/** Likewise: a first attempt waits there, of the subject that is given. Null where an earlier release queued it. */
const waits = (subject: string): string => `EXISTS (SELECT FROM queue w WHERE w.endpoint = d.endpoint
        AND w.subject ${subject} AND w.lease IS NULL AND w.attempt_count = 0)`;

/** What two releases see differently. */
interface Version {
  readonly name: string;
  /** The positions of deliveries that are not handed over, since something goes first. */
  readonly behind: string;
  /** The queue's column of the subject, and its value. */
  readonly column: string;
  readonly value: string;
}

/**
 * A group of accepted events and saved orders, in one call and one transaction. Arrays that begin with the same letter
 * are columns of one table: o orders, e events, d deliveries, l leases. `e_order` and `d_event` are positions from 1;
 * 0 is none.
 *
 * Answers one letter an order (s saved, t stale endpoints, n neither: it is there already, or its version is another),
 * one an event (a accepted, t stale, n there already or its order was not saved), and the numbers of the deliveries
 * that the quota has held back, and of those that were to be handed over and wait behind what is queued.
 */
const intake = (version: Version): string => `
CREATE FUNCTION ${version.name}(
  o_num bigint[], o_tenant bigint[], o_store bigint[], o_created bigint[], o_id text[], o_status text[],
  o_version integer[], o_expected integer[], o_contract text[], o_delivery text[], o_external text[],
  o_accept_by bigint[], o_doc text[],
  a_num bigint[], a_at bigint[], a_id text[], a_actor text[], a_action text[], a_store_id text[], a_target text[],
  e_order integer[], e_num bigint[], e_tenant bigint[], e_store bigint[], e_created bigint[], e_id text[],
  e_type text[], e_subject text[], e_version integer[], e_first bigint[], e_deliveries integer[], e_data text[],
  e_bodies bytea[],
  d_event integer[], d_num bigint[], d_tenant bigint[], d_store bigint[], d_created bigint[], d_event_num bigint[],
  d_endpoint bigint[], d_from integer[], d_length integer[], d_test boolean[], d_gate smallint[], d_id text[],
  d_type text[], d_lease text[], d_hour integer[], d_limit integer[], d_shared boolean[],
  l_token text[], l_until bigint[]
) RETURNS TABLE (orders text, events text, denied bigint[], behind bigint[])
LANGUAGE plpgsql ${SETTINGS} AS $$
DECLARE
  stale boolean[];
  ok boolean[];
  stale_orders integer[];
  saved text[] := '{}';
  fresh text[];
  place integer;
BEGIN
  SELECT coalesce(array_agg(e.version >= 0 AND e.version <> s.endpoints_version ORDER BY e.ord), '{}') INTO stale
    FROM unnest(e_tenant, e_store, e_version) WITH ORDINALITY AS e (tenant, store, version, ord)
    LEFT JOIN stores s ON s.tenant = e.tenant AND s.num = e.store;

  IF cardinality(o_id) > 0 THEN
    stale_orders := ARRAY(SELECT e.o FROM unnest(e_order, stale) AS e (o, is_stale) WHERE e.o > 0 AND e.is_stale);
    WITH written AS (
      INSERT INTO orders (tenant, store, created_at, num, id, status, version, source_contract, source_delivery_id,
        source_external_id, accept_by, doc)
      SELECT o.tenant, o.store, o.created, o.num, o.id, o.status, o.version, o.contract, o.delivery, o.external,
          o.accept_by, o.doc
        FROM unnest(o_tenant, o_store, o_created, o_num, o_id, o_status, o_version, o_expected, o_contract,
          o_delivery, o_external, o_accept_by, o_doc) WITH ORDINALITY AS o (tenant, store, created, num, id, status,
          version, expected, contract, delivery, external, accept_by, doc, ord)
        WHERE o.expected = 0 AND o.ord <> ALL (stale_orders) ORDER BY o.ord
      ON CONFLICT DO NOTHING RETURNING id
    ), changed AS (
      UPDATE orders t SET status = o.status, version = o.version, accept_by = o.accept_by, doc = o.doc
        FROM unnest(o_tenant, o_id, o_status, o_version, o_expected, o_accept_by, o_doc) WITH ORDINALITY
          AS o (tenant, id, status, version, expected, accept_by, doc, ord)
        CROSS JOIN LATERAL (SELECT f.ctid AS place FROM orders f WHERE f.id = o.id AND f.tenant = o.tenant OFFSET 0) f
        WHERE o.expected > 0 AND o.ord <> ALL (stale_orders) AND t.ctid = f.place AND t.version = o.expected
      RETURNING t.id
    )
    SELECT coalesce(array_agg(w.id), '{}') INTO saved FROM (SELECT id FROM written UNION ALL SELECT id FROM changed) w;
    INSERT INTO audit (tenant, store, at, num, id, actor, action, store_id, target_id)
      SELECT a.tenant, CASE WHEN a.store_id IS NULL THEN 0 ELSE a.store END, a.at, a.num, a.id, a.actor, a.action,
          a.store_id, a.target
        FROM unnest(o_tenant, o_store, o_id, a_at, a_num, a_id, a_actor, a_action, a_store_id, a_target)
          AS a (tenant, store, order_id, at, num, id, actor, action, store_id, target)
        WHERE a.order_id = ANY (saved);
  END IF;

  WITH claimed AS (
    INSERT INTO event_ids (tenant, store, created_at, num, id)
    SELECT e.tenant, e.store, e.created, e.num, e.id
      FROM unnest(e_tenant, e_store, e_created, e_num, e_id, e_order, stale) AS e (tenant, store, created, num, id, o, is_stale)
      WHERE NOT e.is_stale AND (e.o = 0 OR o_id[e.o] = ANY (saved))
    ON CONFLICT DO NOTHING RETURNING id
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO fresh FROM claimed c;
  IF cardinality(fresh) = cardinality(e_id) THEN
    ok := array_fill(true, ARRAY[cardinality(e_id)]);
  ELSE
    ok := ARRAY(SELECT e.id = ANY (fresh) FROM unnest(e_id) WITH ORDINALITY AS e (id, ord) ORDER BY e.ord);
  END IF;

  behind := '{}';
  FOR place IN
${version.behind}
  LOOP
    behind := behind || d_num[place];
    d_lease[place] := NULL;
    d_limit[place] := NULL;
  END LOOP;

  denied := '{}';
  IF EXISTS (SELECT FROM unnest(d_limit) AS d (quota) WHERE d.quota IS NOT NULL) THEN
    -- Locks the counters, in one order for all.
    INSERT INTO quota_used AS q (tenant, store, hour, used)
      SELECT DISTINCT d.tenant, d.store, d.hour, 0
        FROM unnest(d_event, d_tenant, d_store, d_hour, d_limit) AS d (event, tenant, store, hour, quota)
        WHERE d.quota IS NOT NULL AND ok[d.event] ORDER BY 1, 2, 3
      ON CONFLICT ON CONSTRAINT quota_used_pkey DO UPDATE SET used = q.used;
    denied := ARRAY(
      SELECT w.num FROM (
        SELECT d.num, d.quota, q.used + row_number() OVER (PARTITION BY d.store, d.hour ORDER BY d.ord) AS place
          FROM unnest(d_event, d_num, d_tenant, d_store, d_hour, d_limit) WITH ORDINALITY
            AS d (event, num, tenant, store, hour, quota, ord)
          LEFT JOIN quota_used q ON q.tenant = d.tenant AND q.store = d.store AND q.hour = d.hour
          WHERE d.quota IS NOT NULL AND ok[d.event]
      ) w WHERE w.place > w.quota);
    INSERT INTO quota_used AS q (tenant, store, hour, used)
      SELECT d.tenant, d.store, d.hour, count(*)
        FROM unnest(d_event, d_num, d_tenant, d_store, d_hour, d_limit) AS d (event, num, tenant, store, hour, quota)
        WHERE d.quota IS NOT NULL AND ok[d.event] AND d.num <> ALL (denied) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT ON CONSTRAINT quota_used_pkey DO UPDATE SET used = q.used + excluded.used;
  END IF;

  INSERT INTO leases (token, until) SELECT l.token, l.until FROM unnest(l_token, l_until) AS l (token, until)
    ON CONFLICT DO NOTHING;

  INSERT INTO events (tenant, store, created_at, num, id, type, subject_id, first_delivery, deliveries, data, bodies)
    SELECT e.tenant, e.store, e.created, e.num, e.id, e.type, e.subject, e.first, e.deliveries, e.data, e.bodies
      FROM unnest(ok, e_tenant, e_store, e_created, e_num, e_id, e_type, e_subject, e_first, e_deliveries, e_data,
        e_bodies) AS e (is_ok, tenant, store, created, num, id, type, subject, first, deliveries, data, bodies)
      WHERE e.is_ok;

  INSERT INTO queue (tenant, endpoint, created_at, num, store, event, due_at, body_from, body_length, failures,
      attempt_count, counted_hour, status, gate, test, id, event_type, lease, attempts${version.column})
    SELECT d.tenant, d.endpoint, d.created, d.num, d.store, d.event_num, d.created, d.body_from, d.body_length, 0, 0,
        CASE WHEN d.quota IS NOT NULL AND d.num <> ALL (denied) THEN d.hour END, 0, d.gate, d.test, d.id, d.type,
        CASE WHEN d.num <> ALL (denied) THEN d.lease END, '[]'${version.value}
      FROM unnest(d_event, d_tenant, d_endpoint, d_created, d_num, d_store, d_event_num, d_from, d_length, d_hour,
        d_limit, d_gate, d_test, d_id, d_type, d_lease) AS d (event, tenant, endpoint, created, num, store, event_num,
        body_from, body_length, hour, quota, gate, test, id, type, lease)
      WHERE ok[d.event];

  SELECT coalesce(string_agg(CASE WHEN o.id = ANY (saved) THEN 's' WHEN o.ord = ANY (stale_orders) THEN 't' ELSE 'n' END, '' ORDER BY o.ord), '')
    INTO orders FROM unnest(o_id) WITH ORDINALITY AS o (id, ord);
  SELECT coalesce(string_agg(CASE WHEN e.is_ok THEN 'a' WHEN e.is_stale THEN 't' ELSE 'n' END, '' ORDER BY e.ord), '')
    INTO events FROM unnest(ok, stale) WITH ORDINALITY AS e (is_ok, is_stale, ord);
  RETURN NEXT;
END $$;
`;

/** For releases that know no schema after 3: behind whatever others have queued. */
export const INTAKE_1 = intake({
  name: "intake_1",
  behind: `    SELECT d.ord FROM unnest(d_endpoint, d_created, d_shared) WITH ORDINALITY AS d (endpoint, created, shared, ord)
      WHERE d.shared AND ${QUEUED_LATELY}`,
  column: "",
  value: "",
});

/** Behind what waits of the same subject; where an hour's quota is counted, still behind whatever waits. */
const BY_SUBJECT: Omit<Version, "name"> = {
  behind: `    SELECT d.ord FROM unnest(d_event, d_endpoint, d_created, d_shared, d_limit) WITH ORDINALITY
        AS d (event, endpoint, created, shared, quota, ord)
      WHERE d.shared AND (${waits("= e_subject[d.event]")} OR ${waits("IS NULL")}
        OR d.quota IS NOT NULL AND ${QUEUED_LATELY})`,
  column: ", subject",
  value: ", e_subject[d.event]",
};
/** For releases that know no schema after 5. */
export const INTAKE_2 = intake({ name: "intake_2", ...BY_SUBJECT });
/** For releases that know no schema after 7. */
export const INTAKE_3 = intake({ name: "intake_3", ...BY_SUBJECT });

/**
 * Each looked up by itself: as EXISTS, all that waits anywhere would be read for each group, whenever there is little of
 * it. What an earlier release queued is asked for once an endpoint.
 */
const waitsAt = (
  endpoint: string,
  subject: string,
): string => `(SELECT true FROM queue w WHERE w.endpoint = ${endpoint}
        AND w.subject ${subject} AND w.lease IS NULL AND w.attempt_count = 0 LIMIT 1)`;
export const INTAKE_4 = intake({
  name: "intake_4",
  ...BY_SUBJECT,
  behind: `    WITH d AS MATERIALIZED (
      SELECT d.* FROM unnest(d_event, d_endpoint, d_created, d_shared, d_limit) WITH ORDINALITY
        AS d (event, endpoint, created, shared, quota, ord) WHERE d.shared
    ), old AS MATERIALIZED (
      SELECT l.endpoint FROM (SELECT DISTINCT endpoint FROM d) l WHERE ${waitsAt("l.endpoint", "IS NULL")}
    )
    SELECT d.ord FROM d WHERE ${waitsAt("d.endpoint", "= e_subject[d.event]")}
      OR d.endpoint = ANY (ARRAY(SELECT old.endpoint FROM old)) OR d.quota IS NOT NULL AND ${QUEUED_LATELY}`,
});
