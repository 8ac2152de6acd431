import type { KeyRecord, Plan, Store } from "../../domain/store.ts";
import { decodeCursor, decodeIdCursor, page, pageById } from "../cursor.ts";
import type { Audit, KeyFilter, List, ListInput } from "../driver.ts";
import { writeAudit } from "./audit.ts";
import { type Db, orNull } from "./db.ts";

interface StoreRow extends Store {
  readonly num: number;
}

const COLUMNS = `num, id, tenant_id AS tenantId, external_id AS externalId, name, currency, exponent, timezone, plan,
  accept_within_minutes AS acceptWithinMinutes, created_at AS createdAt`;

function toStore(row: StoreRow): Store {
  const { id, tenantId, externalId, name, currency, exponent, timezone } = row;
  const { plan, acceptWithinMinutes, createdAt } = row;
  return {
    id,
    tenantId,
    externalId,
    name,
    currency,
    exponent,
    timezone,
    plan,
    acceptWithinMinutes,
    createdAt,
  };
}

export function getStore(db: Db, id: string): Store | null {
  const row = db.row<StoreRow>(`SELECT ${COLUMNS} FROM stores WHERE id = ?`, id);
  return row ? toStore(row) : null;
}

export function createStore(db: Db, store: Store, audit: Audit): Store {
  const there = getStore(db, store.id);
  if (there) return there;
  db.run(
    `INSERT INTO stores (id, tenant_id, external_id, name, currency, exponent, timezone, plan,
       accept_within_minutes, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    store.id,
    store.tenantId,
    store.externalId,
    store.name,
    store.currency,
    store.exponent,
    store.timezone,
    store.plan,
    store.acceptWithinMinutes,
    store.createdAt,
  );
  writeAudit(db, audit);
  return store;
}

export function listStores(db: Db, { limit, cursor }: ListInput): List<Store> {
  const before = decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
  const found = db.rows<StoreRow>(
    `SELECT ${COLUMNS} FROM stores WHERE num < ? ORDER BY num DESC LIMIT ?`,
    before,
    limit + 1,
  );
  const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
  return { rows: rows.map(toStore), nextCursor };
}

export function updateStore(
  db: Db,
  id: string,
  changes: { readonly plan?: Plan; readonly name?: string; readonly acceptWithinMinutes?: number },
  audit: Audit,
): Store | null {
  const changed = db.run(
    `UPDATE stores SET plan = coalesce(?, plan), name = coalesce(?, name),
       accept_within_minutes = coalesce(?, accept_within_minutes) WHERE id = ?`,
    orNull(changes.plan),
    orNull(changes.name),
    orNull(changes.acceptWithinMinutes),
    id,
  );
  if (changed === 0) return null;
  writeAudit(db, audit);
  return getStore(db, id);
}

export function createKey(db: Db, key: KeyRecord, audit: Audit): void {
  if (getKey(db, key.id)) return;
  db.run(
    "INSERT INTO keys (id, hash, client_id, doc) VALUES (?, ?, ?, ?)",
    key.id,
    key.hash,
    key.client?.id ?? null,
    JSON.stringify(key),
  );
  writeAudit(db, audit);
}

function oneKey(db: Db, where: string, value: string): KeyRecord | null {
  const row = db.row<{ doc: string }>(`SELECT doc FROM keys WHERE ${where} = ?`, value);
  return row ? JSON.parse(row.doc) : null;
}

export const getKey = (db: Db, id: string): KeyRecord | null => oneKey(db, "id", id);
export const findKey = (db: Db, hash: string): KeyRecord | null => oneKey(db, "hash", hash);
export const findKeyByClient = (db: Db, clientId: string): KeyRecord | null =>
  oneKey(db, "client_id", clientId);

export function listKeys(db: Db, { limit, cursor, storeId, contract }: KeyFilter): List<KeyRecord> {
  const found = db.rows<{ doc: string }>(
    `SELECT doc FROM keys WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR doc ->> '$.storeId' = ?2)
       AND (?3 IS NULL OR doc ->> '$.contract' = ?3) ORDER BY id DESC LIMIT ?4`,
    decodeIdCursor(cursor),
    orNull(storeId),
    orNull(contract),
    limit + 1,
  );
  const keys: KeyRecord[] = found.map(({ doc }) => JSON.parse(doc));
  return pageById(keys, limit);
}

export function deleteKey(db: Db, id: string, audit: Audit): boolean {
  if (db.run("DELETE FROM keys WHERE id = ?", id) === 0) return false;
  writeAudit(db, audit);
  return true;
}
