import type { Endpoint } from "../../domain/endpoint.ts";
import { decodeCursor, page } from "../cursor.ts";
import type {
  Audit,
  EndpointChanges,
  EndpointFilter,
  EndpointWithRecord,
  List,
  StoreEndpoints,
} from "../driver.ts";
import { writeAudit } from "./audit.ts";
import { type Db, orNull } from "./db.ts";
import { liveEndpoint, selectEndpoints, toDoc, toEndpoint, withRecord } from "./endpoint-rows.ts";

/** Another live endpoint of the same store and contract has the URL. */
const isTaken = (db: Db, store: number, contract: string, url: string, exceptId: string): boolean =>
  db.row(
    `SELECT 1 FROM endpoints WHERE store = ? AND contract = ? AND url = ? AND state <> 'deleted' AND id <> ?`,
    store,
    contract,
    url,
    exceptId,
  ) !== undefined;

/** Deliveries matched against the older set are refused from here on. */
const bumpVersion = (db: Db, store: number): void => {
  db.known.stores.clear();
  db.run("UPDATE stores SET endpoints_version = endpoints_version + 1 WHERE num = ?", store);
};

export function createEndpoint(
  db: Db,
  endpoint: Endpoint,
  uniqueUrl: boolean,
  audit: Audit,
): Endpoint | "taken" {
  const there = selectEndpoints(db, "WHERE e.id = ?", endpoint.id)[0];
  if (there) return toEndpoint(there);
  const store = db.row<{ num: number }>("SELECT num FROM stores WHERE id = ?", endpoint.storeId)?.num;
  if (store === undefined) throw new Error(`There is no store ${endpoint.storeId}.`);
  if (uniqueUrl && isTaken(db, store, endpoint.contract, endpoint.url, endpoint.id)) return "taken";
  db.run(
    `INSERT INTO endpoints (id, store, contract, url, state, version, created_at, doc)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    endpoint.id,
    store,
    endpoint.contract,
    endpoint.url,
    endpoint.state,
    endpoint.version,
    endpoint.createdAt,
    toDoc(endpoint),
  );
  db.run("INSERT INTO endpoint_records (endpoint) SELECT num FROM endpoints WHERE id = ?", endpoint.id);
  bumpVersion(db, store);
  writeAudit(db, audit);
  return endpoint;
}

export function getEndpoint(db: Db, id: string): EndpointWithRecord | null {
  const row = liveEndpoint(db, id);
  return row ? withRecord(row) : null;
}

const FILTER = `e.state <> 'deleted' AND (?1 IS NULL OR s.id = ?1) AND (?2 IS NULL OR e.contract = ?2)
  AND (?3 IS NULL OR e.url = ?3)`;
const ONE_STORE = "e.store = (SELECT num FROM stores WHERE id = ?1)";

export function listEndpoints(
  db: Db,
  filter: EndpointFilter,
): List<EndpointWithRecord> & { readonly total: number | null } {
  const { limit, page: number } = filter;
  const where = filter.storeId === undefined ? FILTER : `${ONE_STORE} AND ${FILTER}`;
  const values = [orNull(filter.storeId), orNull(filter.contract), orNull(filter.url)];
  if (number === undefined) {
    const before = decodeCursor(filter.cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
    const order = "AND e.num < ?4 ORDER BY e.num DESC LIMIT ?5";
    const found = selectEndpoints(db, `WHERE ${where} ${order}`, ...values, before, limit + 1);
    const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
    return { rows: rows.map(withRecord), nextCursor, total: null };
  }
  const order = "ORDER BY e.num DESC LIMIT ?4 OFFSET ?5";
  const rows = selectEndpoints(db, `WHERE ${where} ${order}`, ...values, limit, (number - 1) * limit);
  const counted = db.row<{ total: number }>(
    `SELECT count(*) AS total FROM endpoints e JOIN stores s ON s.num = e.store WHERE ${where}`,
    ...values,
  );
  return { rows: rows.map(withRecord), nextCursor: null, total: counted?.total ?? 0 };
}

export function storeEndpoints(db: Db, storeId: string): StoreEndpoints {
  const store = db.row<{ num: number; version: number }>(
    "SELECT num, endpoints_version AS version FROM stores WHERE id = ?",
    storeId,
  );
  if (!store) return { version: 0, endpoints: [] };
  const rows = selectEndpoints(
    db,
    "WHERE e.store = ? AND e.state <> 'deleted' AND e.doc ->> '$.canonical[0]' IS NOT NULL ORDER BY e.num",
    store.num,
  );
  return { version: store.version, endpoints: rows.map(toEndpoint) };
}

export function updateEndpoint(
  db: Db,
  id: string,
  version: number,
  changes: EndpointChanges,
  uniqueUrl: boolean,
  audit: Audit,
): Endpoint | "conflict" | "taken" | null {
  const row = liveEndpoint(db, id);
  if (!row) return null;
  if (row.version !== version) return "conflict";
  const next: Endpoint = { ...toEndpoint(row), ...changes, version: version + 1 };
  if (uniqueUrl && isTaken(db, row.store, next.contract, next.url, id)) return "taken";
  db.run(
    "UPDATE endpoints SET url = ?, state = ?, version = ?, doc = ? WHERE num = ?",
    next.url,
    next.state,
    next.version,
    toDoc(next),
    row.num,
  );
  // A second chance starts with a clean record; else its first failure would deactivate it again.
  if (next.state === "active" && row.state !== "active") {
    db.run(
      "UPDATE endpoint_records SET consecutive_failures = 0, failing_since = NULL WHERE endpoint = ?",
      row.num,
    );
  }
  bumpVersion(db, row.store);
  writeAudit(db, audit);
  return next;
}

export function deleteEndpoint(db: Db, id: string, audit: Audit): boolean {
  const row = liveEndpoint(db, id);
  if (!row) return false;
  db.run("UPDATE endpoints SET state = 'deleted', version = version + 1 WHERE num = ?", row.num);
  bumpVersion(db, row.store);
  writeAudit(db, audit);
  return true;
}

export const listFailingEndpoints = (db: Db, before: number): readonly EndpointWithRecord[] =>
  selectEndpoints(
    db,
    `WHERE e.num IN (SELECT endpoint FROM endpoint_records WHERE failing_since IS NOT NULL AND failing_since <= ?)
       AND e.state = 'active' ORDER BY r.failing_since, e.num`,
    before,
  ).map(withRecord);
