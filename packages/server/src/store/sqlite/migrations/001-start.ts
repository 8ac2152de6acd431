import type { Migration } from "../migrate.ts";

/**
 * Rows are numbered in the order they were made, and refer to each other by number: an index entry is then a tenth
 * of what it would be with ids, and new rows go to the end of every table. Ids are for the world outside.
 */
const TENANCY = `
CREATE TABLE stores (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL,
  external_id TEXT,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  exponent INTEGER NOT NULL,
  timezone TEXT NOT NULL,
  plan TEXT NOT NULL,
  accept_within_minutes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  endpoints_version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  client_id TEXT UNIQUE,
  doc TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  store_id TEXT,
  target_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_store ON audit (store_id);
`;

const ENDPOINTS = `
CREATE TABLE endpoints (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  store INTEGER NOT NULL,
  contract TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  doc TEXT NOT NULL,
  drained INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX endpoints_by_store ON endpoints (store, contract, url);
CREATE INDEX endpoints_draining ON endpoints (num) WHERE state = 'deleted' AND drained = 0;

CREATE TABLE endpoint_records (
  endpoint INTEGER PRIMARY KEY,
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  last_success_at INTEGER,
  last_failure_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX endpoint_records_failing ON endpoint_records (failing_since) WHERE failing_since IS NOT NULL;

-- Led by the hour, so that what is being written lies together.
CREATE TABLE attempt_hours (
  hour INTEGER NOT NULL,
  endpoint INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  total_ms REAL NOT NULL,
  PRIMARY KEY (hour, endpoint, bucket)
) WITHOUT ROWID, STRICT;
`;

const ORDERS = `
CREATE TABLE orders (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  store INTEGER NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  source_contract TEXT,
  source_delivery_id TEXT,
  source_external_id TEXT,
  created_at INTEGER NOT NULL,
  accept_by INTEGER,
  doc TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX orders_by_source
  ON orders (store, source_external_id, coalesce(source_delivery_id, ''), coalesce(source_contract, ''))
  WHERE source_external_id IS NOT NULL;
CREATE INDEX orders_by_store ON orders (store, created_at);
CREATE INDEX orders_live ON orders (store, created_at)
  WHERE status IN ('pending', 'accepted', 'preparing', 'ready', 'in_delivery');
CREATE INDEX orders_waiting ON orders (accept_by) WHERE status = 'pending' AND accept_by IS NOT NULL;
`;

/** An event's payloads, and its deliveries, have numbers in a row. */
const EVENTS = `
CREATE TABLE sequences (one INTEGER PRIMARY KEY, event INTEGER, payload INTEGER, delivery INTEGER) STRICT;
INSERT INTO sequences VALUES (1, 0, 0, 0);

CREATE TABLE events (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  store INTEGER NOT NULL,
  subject_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  first_payload INTEGER NOT NULL,
  payloads INTEGER NOT NULL,
  first_delivery INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_store ON events (store, created_at);
CREATE INDEX events_bare ON events (created_at) WHERE deliveries = 0;

CREATE TABLE payloads (num INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE quota_used (
  hour INTEGER NOT NULL,
  store INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (hour, store)
) WITHOUT ROWID, STRICT;
`;

/**
 * status: 0 pending, 1 retrying, 2 delivered, 3 dead letter, 4 cancelled.
 * gate, while it waits unleased: 0 needs quota, 1 is free to go, hour + 2 was counted in that hour.
 * attempts: [[number, at, statusCode, error, durationMs], …]
 */
const DELIVERIES = `
CREATE TABLE deliveries (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event INTEGER NOT NULL,
  payload INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  endpoint INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  test INTEGER NOT NULL,
  status INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  gate INTEGER,
  due_at INTEGER,
  delivered_at INTEGER,
  settled_at INTEGER,
  counted_hour INTEGER,
  lease_token TEXT,
  lease_until INTEGER,
  attempts TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_queue ON deliveries (endpoint, gate, due_at) WHERE gate IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, created_at);
CREATE INDEX deliveries_open ON deliveries (endpoint, status, created_at)
  WHERE status <> 2 AND lease_token IS NULL;
CREATE INDEX deliveries_tests ON deliveries (endpoint, created_at) WHERE test = 1;
CREATE INDEX deliveries_settled ON deliveries (status, settled_at) WHERE settled_at IS NOT NULL;
`;

const REPLAYS = `
CREATE TABLE replays (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  store_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  status TEXT NOT NULL,
  state TEXT NOT NULL,
  total INTEGER NOT NULL,
  replayed INTEGER NOT NULL,
  position TEXT,
  position_at INTEGER,
  position_num INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX replays_running ON replays (num) WHERE state = 'running';

CREATE TABLE idempotency_keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  answer TEXT,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX idempotency_keys_expiring ON idempotency_keys (expires_at);
`;

export const start: Migration = {
  number: 1,
  name: "start",
  sql: TENANCY + ENDPOINTS + ORDERS + EVENTS + DELIVERIES + REPLAYS,
};
