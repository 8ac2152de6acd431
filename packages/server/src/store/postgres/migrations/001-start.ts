import { CLAIM_1 } from "../functions/claim-1.ts";
import { INTAKE_1 } from "../functions/intake.ts";
import { RECORD_1 } from "../functions/record-1.ts";
import type { Migration } from "../migrate.ts";

/**
 * Rows are numbered, and refer to each other by number: an index entry is then a fraction of what it would be with
 * ids. Every key is led by the tenant's number, or has it in it where a row is looked for by its id alone, so that
 * Citus can distribute all tables by tenant.
 */
const TENANCY = `
CREATE SEQUENCE numbers INCREMENT BY 10000;
CREATE SEQUENCE pings;

CREATE TABLE tenants (
  num bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE stores (
  tenant bigint NOT NULL,
  num bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" NOT NULL,
  tenant_id text NOT NULL,
  plan text NOT NULL,
  doc text NOT NULL,
  endpoints_version integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, num),
  UNIQUE (id, tenant)
) WITH (fillfactor = 70);
CREATE INDEX stores_newest ON stores (num);

CREATE TABLE keys (
  tenant bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  client_id text COLLATE "C",
  doc text NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX keys_id ON keys (id);
CREATE INDEX keys_hash ON keys (hash);
CREATE INDEX keys_client ON keys (client_id) WHERE client_id IS NOT NULL;

CREATE TABLE audit (
  tenant bigint NOT NULL,
  store bigint NOT NULL,
  at bigint NOT NULL,
  num bigint NOT NULL,
  id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  store_id text,
  target_id text NOT NULL,
  PRIMARY KEY (tenant, store, at, num)
);
CREATE INDEX audit_newest ON audit (at, num);
`;

const ENDPOINTS = `
CREATE TABLE endpoints (
  tenant bigint NOT NULL,
  num bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" NOT NULL,
  store bigint NOT NULL,
  contract text NOT NULL,
  url text NOT NULL,
  state text NOT NULL,
  version integer NOT NULL,
  created_at bigint NOT NULL,
  doc text NOT NULL,
  deleted_at bigint,
  drained boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant, num),
  UNIQUE (id, tenant)
);
CREATE INDEX endpoints_by_store ON endpoints (store, contract, url);
CREATE INDEX endpoints_newest ON endpoints (num);
CREATE INDEX endpoints_draining ON endpoints (num) WHERE state = 'deleted' AND NOT drained;

-- Counters that every group of attempts moves: room on the page keeps their updates off the indexes.
CREATE TABLE endpoint_records (
  tenant bigint NOT NULL,
  endpoint bigint NOT NULL,
  consecutive_failures integer NOT NULL DEFAULT 0,
  failing_since bigint,
  last_success_at bigint,
  last_failure_at bigint,
  attempts bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, endpoint)
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX endpoint_records_failing ON endpoint_records (failing_since) WHERE failing_since IS NOT NULL;

CREATE TABLE attempt_hours (
  tenant bigint NOT NULL,
  endpoint bigint NOT NULL,
  hour integer NOT NULL,
  bucket integer NOT NULL,
  succeeded bigint NOT NULL,
  failed bigint NOT NULL,
  total_ms double precision NOT NULL,
  PRIMARY KEY (tenant, endpoint, hour, bucket)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX attempt_hours_oldest ON attempt_hours USING brin (hour);

-- Which process keeps an endpoint's lane, and which processes there are.
CREATE TABLE lane_holds (
  tenant bigint NOT NULL,
  endpoint bigint NOT NULL,
  holder text COLLATE "C" NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (tenant, endpoint)
) WITH (fillfactor = 50);
CREATE TABLE processes (
  id text COLLATE "C" PRIMARY KEY,
  until bigint NOT NULL
);
`;

const ORDERS = `
CREATE TABLE orders (
  tenant bigint NOT NULL,
  store bigint NOT NULL,
  created_at bigint NOT NULL,
  num bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  source_contract text,
  source_delivery_id text,
  source_external_id text,
  accept_by bigint,
  doc text NOT NULL,
  PRIMARY KEY (tenant, store, created_at, num),
  UNIQUE (id, tenant)
) WITH (fillfactor = 80, toast_tuple_target = 8160);
CREATE UNIQUE INDEX orders_by_source
  ON orders (tenant, store, source_external_id, coalesce(source_delivery_id, ''), coalesce(source_contract, ''))
  WHERE source_external_id IS NOT NULL;
CREATE INDEX orders_newest ON orders (created_at, num);
CREATE INDEX orders_live ON orders (store, created_at, num)
  WHERE status IN ('pending', 'accepted', 'preparing', 'ready', 'in_delivery');
CREATE INDEX orders_waiting ON orders (accept_by, num) WHERE status = 'pending' AND accept_by IS NOT NULL;
`;

/**
 * History, in one partition a day, which retention drops whole; the default partition takes what no day is made for.
 * An event's deliveries have numbers in a row. \`bodies\` holds each contract's bytes one after the other: a delivery
 * knows its part of them.
 */
const EVENTS = `
CREATE TABLE events (
  tenant bigint NOT NULL,
  store bigint NOT NULL,
  created_at bigint NOT NULL,
  num bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  subject_id text NOT NULL,
  first_delivery bigint NOT NULL,
  deliveries integer NOT NULL,
  data text NOT NULL,
  bodies bytea NOT NULL,
  PRIMARY KEY (tenant, store, created_at, num)
) PARTITION BY RANGE (created_at);
CREATE INDEX events_newest ON events (created_at, num);
CREATE TABLE events_default PARTITION OF events DEFAULT WITH (toast_tuple_target = 8160);

-- An id is accepted once, whatever day it comes again: a partition's own keys could not tell.
CREATE TABLE event_ids (
  tenant bigint NOT NULL,
  store bigint NOT NULL,
  created_at bigint NOT NULL,
  num bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  UNIQUE (id, tenant)
);
CREATE INDEX event_ids_oldest ON event_ids USING brin (created_at);

CREATE TABLE quota_used (
  tenant bigint NOT NULL,
  store bigint NOT NULL,
  hour integer NOT NULL,
  used integer NOT NULL,
  PRIMARY KEY (tenant, store, hour)
) WITH (fillfactor = 50);
`;

/**
 * \`queue\`: what is unsettled, and nothing else; a delivery moves to \`deliveries\` when it is settled.
 * status: 0 pending, 1 retrying, 2 delivered, 3 dead letter, 4 cancelled.
 * gate, while it waits unleased: 0 needs quota, 1 is free to go, 2 was counted in \`counted_hour\`.
 * attempts: [[number, at, statusCode, error, durationMs], …]
 *
 * What is handed over in memory is leased from the start and never enters \`queue_due\`.
 */
const DELIVERIES = `
CREATE TABLE queue (
  tenant bigint NOT NULL,
  endpoint bigint NOT NULL,
  created_at bigint NOT NULL,
  num bigint NOT NULL,
  store bigint NOT NULL,
  event bigint NOT NULL,
  due_at bigint NOT NULL,
  delivered_at bigint,
  body_from integer NOT NULL,
  body_length integer NOT NULL,
  failures integer NOT NULL,
  attempt_count integer NOT NULL,
  counted_hour integer,
  status smallint NOT NULL,
  gate smallint NOT NULL,
  test boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  lease text COLLATE "C",
  attempts text NOT NULL,
  PRIMARY KEY (tenant, endpoint, created_at, num),
  UNIQUE (id, tenant)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.2,
  autovacuum_vacuum_cost_delay = 1);
CREATE INDEX queue_due ON queue (endpoint, gate, due_at, num) WHERE lease IS NULL;
CREATE INDEX queue_leased ON queue (lease) WHERE lease IS NOT NULL;

CREATE TABLE leases (
  token text COLLATE "C" PRIMARY KEY,
  until bigint NOT NULL
);

CREATE TABLE deliveries (
  tenant bigint NOT NULL,
  endpoint bigint NOT NULL,
  created_at bigint NOT NULL,
  num bigint NOT NULL,
  store bigint NOT NULL,
  event bigint NOT NULL,
  settled_at bigint NOT NULL,
  delivered_at bigint,
  body_from integer NOT NULL,
  body_length integer NOT NULL,
  failures integer NOT NULL,
  attempt_count integer NOT NULL,
  status smallint NOT NULL,
  refused boolean NOT NULL,
  test boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  attempts text NOT NULL,
  PRIMARY KEY (tenant, endpoint, created_at, num)
) PARTITION BY RANGE (created_at);
CREATE INDEX deliveries_id ON deliveries (id);
CREATE INDEX deliveries_open ON deliveries (endpoint, status, created_at, num) WHERE status <> 2;
CREATE INDEX deliveries_tests ON deliveries (endpoint, status, created_at) WHERE test;
CREATE INDEX deliveries_settled ON deliveries USING brin (settled_at) WITH (pages_per_range = 32);
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;
`;

const REPLAYS = `
CREATE TABLE replays (
  tenant bigint NOT NULL,
  num bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" NOT NULL,
  store_id text NOT NULL,
  endpoint_id text NOT NULL,
  since bigint NOT NULL,
  until bigint NOT NULL,
  status text NOT NULL,
  state text NOT NULL,
  total bigint NOT NULL,
  replayed bigint NOT NULL,
  position text,
  position_at bigint,
  position_num bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (tenant, num),
  UNIQUE (id, tenant)
);
CREATE INDEX replays_running ON replays (num) WHERE state = 'running';

-- \`scope\` begins with a key, which belongs to one tenant.
CREATE TABLE idempotency_keys (
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  claimed_at bigint NOT NULL,
  lease_until bigint NOT NULL,
  expires_at bigint NOT NULL,
  answer text,
  PRIMARY KEY (scope, key)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
CREATE INDEX idempotency_keys_expiring ON idempotency_keys USING brin (expires_at);
`;

export const start: Migration = {
  number: 1,
  name: "start",
  sql: [TENANCY, ENDPOINTS, ORDERS, EVENTS, DELIVERIES, REPLAYS, INTAKE_1, CLAIM_1, RECORD_1].join("\n"),
};
