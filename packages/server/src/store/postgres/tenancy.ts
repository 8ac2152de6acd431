import type { KeyRecord, Plan, Store } from "../../domain/store.ts";
import { decodeCursor, decodeIdCursor, page, pageById } from "../cursor.ts";
import type { Audit, KeyFilter, List, ListInput } from "../driver.ts";
import { writeAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import type { Sql } from "./database.ts";

interface StoreRow {
  readonly num: number;
  readonly plan: Plan;
  readonly doc: string;
}

const toStore = ({ plan, doc }: StoreRow): Store => ({ ...JSON.parse(doc), plan });

async function storeBy(sql: Sql, id: string): Promise<Store | null> {
  const row = await sql.row<StoreRow>("SELECT num, plan, doc FROM stores WHERE id = $1", id);
  return row ? toStore(row) : null;
}

export const getStore = ({ db }: Context, id: string): Promise<Store | null> => storeBy(db, id);

export const createStore = (context: Context, store: Store, audit: Audit): Promise<Store> =>
  context.db.transaction(async (sql) => {
    await sql.run("INSERT INTO tenants (id) VALUES ($1) ON CONFLICT DO NOTHING", store.tenantId);
    const made = await sql.run(
      `INSERT INTO stores (tenant, id, tenant_id, plan, doc)
       SELECT num, $2, $1, $3, $4 FROM tenants WHERE id = $1 AND NOT EXISTS (SELECT FROM stores WHERE id = $2)
       ON CONFLICT DO NOTHING`,
      store.tenantId,
      store.id,
      store.plan,
      JSON.stringify(store),
    );
    if (made > 0) await writeAudit(context, sql, audit);
    return (await storeBy(sql, store.id)) ?? store;
  });

export async function listStores({ db }: Context, { limit, cursor }: ListInput): Promise<List<Store>> {
  const before = decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
  const found = await db.rows<StoreRow>(
    "SELECT num, plan, doc FROM stores WHERE num < $1 ORDER BY num DESC LIMIT $2",
    before,
    limit + 1,
  );
  const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
  return { rows: rows.map(toStore), nextCursor };
}

export const updateStore = (
  context: Context,
  id: string,
  changes: { readonly plan?: Plan; readonly name?: string; readonly acceptWithinMinutes?: number },
  audit: Audit,
): Promise<Store | null> =>
  context.db.transaction(async (sql) => {
    const row = await sql.row<StoreRow>("SELECT num, plan, doc FROM stores WHERE id = $1 FOR UPDATE", id);
    if (!row) return null;
    const next: Store = { ...toStore(row), ...changes };
    await sql.run("UPDATE stores SET plan = $1, doc = $2 WHERE id = $3", next.plan, JSON.stringify(next), id);
    await writeAudit(context, sql, audit);
    return next;
  });

export const createKey = (context: Context, key: KeyRecord, audit: Audit): Promise<void> =>
  context.db.transaction(async (sql) => {
    const made = await sql.run(
      `INSERT INTO keys (tenant, id, hash, client_id, doc)
       SELECT coalesce((SELECT tenant FROM stores WHERE id = $1), 0), $2, $3, $4, $5
       WHERE NOT EXISTS (SELECT FROM keys WHERE id = $2) ON CONFLICT DO NOTHING`,
      key.storeId,
      key.id,
      key.hash,
      key.client?.id ?? null,
      JSON.stringify(key),
    );
    if (made > 0) await writeAudit(context, sql, audit);
  });

async function oneKey(
  sql: Sql,
  column: "id" | "hash" | "client_id",
  value: string,
): Promise<KeyRecord | null> {
  const row = await sql.row<{ doc: string }>(`SELECT doc FROM keys WHERE ${column} = $1`, value);
  return row ? JSON.parse(row.doc) : null;
}

export const getKey = ({ db }: Context, id: string): Promise<KeyRecord | null> => oneKey(db, "id", id);
export const findKey = ({ db }: Context, hash: string): Promise<KeyRecord | null> => oneKey(db, "hash", hash);
export const findKeyByClient = ({ db }: Context, clientId: string): Promise<KeyRecord | null> =>
  oneKey(db, "client_id", clientId);

export async function listKeys(
  { db }: Context,
  { limit, cursor, storeId, contract }: KeyFilter,
): Promise<List<KeyRecord>> {
  const found = await db.rows<{ doc: string }>(
    `SELECT doc FROM keys WHERE ($1::text IS NULL OR id < $1) AND ($2::text IS NULL OR doc::json ->> 'storeId' = $2)
       AND ($3::text IS NULL OR doc::json ->> 'contract' = $3) ORDER BY id DESC LIMIT $4`,
    decodeIdCursor(cursor),
    storeId ?? null,
    contract ?? null,
    limit + 1,
  );
  const keys: KeyRecord[] = found.map(({ doc }) => JSON.parse(doc));
  return pageById(keys, limit);
}

export const deleteKey = (context: Context, id: string, audit: Audit): Promise<boolean> =>
  context.db.transaction(async (sql) => {
    const deleted = await sql.run("DELETE FROM keys WHERE id = $1", id);
    if (deleted > 0) await writeAudit(context, sql, audit);
    return deleted > 0;
  });
