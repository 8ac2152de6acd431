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
import type { Context } from "./context.ts";
import type { Sql } from "./database.ts";
import { liveEndpoint, selectEndpoints, toDoc, toEndpoint, withRecord } from "./endpoint-rows.ts";

/** Another live endpoint of the same store and contract has the URL. */
const isTaken = async (
  sql: Sql,
  store: number,
  { contract, url, id }: Pick<Endpoint, "contract" | "url" | "id">,
): Promise<boolean> =>
  (await sql.row(
    "SELECT 1 FROM endpoints WHERE store = $1 AND contract = $2 AND url = $3 AND state <> 'deleted' AND id <> $4",
    store,
    contract,
    url,
    id,
  )) !== undefined;

/**
 * Deliveries matched against the older set are refused from here on. Taken first: changes of one store's endpoints
 * then come one after the other.
 */
const bumpVersion = (sql: Sql, storeId: string): Promise<{ num: number; tenant: number } | undefined> =>
  sql.row(
    "UPDATE stores SET endpoints_version = endpoints_version + 1 WHERE id = $1 RETURNING num, tenant",
    storeId,
  );

/** Undoes what the transaction has done so far; the answer is the call's all the same. */
class Refused<Answer> extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super("Refused.");
    this.answer = answer;
  }
}

async function unlessRefused<Result, Answer>(
  context: Context,
  run: (sql: Sql) => Promise<Result>,
): Promise<Result | Answer> {
  try {
    return await context.db.transaction(run);
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

export const createEndpoint = (
  context: Context,
  endpoint: Endpoint,
  uniqueUrl: boolean,
  audit: Audit,
): Promise<Endpoint | "taken"> =>
  unlessRefused<Endpoint, Endpoint | "taken">(context, async (sql) => {
    const store = await bumpVersion(sql, endpoint.storeId);
    if (!store) throw new Error(`There is no store ${endpoint.storeId}.`);
    const [there] = await selectEndpoints(sql, "WHERE e.id = $1", endpoint.id);
    if (there) throw new Refused(toEndpoint(there));
    if (uniqueUrl && (await isTaken(sql, store.num, endpoint))) throw new Refused("taken");
    await sql.run(
      `WITH made AS (
         INSERT INTO endpoints (tenant, id, store, contract, url, state, version, created_at, doc)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING tenant, num
       ) INSERT INTO endpoint_records (tenant, endpoint) SELECT tenant, num FROM made`,
      store.tenant,
      endpoint.id,
      store.num,
      endpoint.contract,
      endpoint.url,
      endpoint.state,
      endpoint.version,
      endpoint.createdAt,
      toDoc(endpoint),
    );
    await writeAudit(context, sql, audit);
    return endpoint;
  });

export async function getEndpoint({ db }: Context, id: string): Promise<EndpointWithRecord | null> {
  const row = await liveEndpoint(db, id);
  return row ? withRecord(row) : null;
}

const FILTER = `e.state <> 'deleted' AND ($1::text IS NULL OR s.id = $1) AND ($2::text IS NULL OR e.contract = $2)
  AND ($3::text IS NULL OR e.url = $3)`;

export async function listEndpoints(
  { db }: Context,
  { storeId, contract, url, limit, cursor, page: number }: EndpointFilter,
): Promise<List<EndpointWithRecord> & { readonly total: number | null }> {
  const values = [storeId ?? null, contract ?? null, url ?? null];
  if (number === undefined) {
    const before = decodeCursor(cursor, 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
    const rest = `WHERE ${FILTER} AND e.num < $4 ORDER BY e.num DESC LIMIT $5`;
    const found = await selectEndpoints(db, rest, ...values, before, limit + 1);
    const { rows, nextCursor } = page(found, limit, ({ num }) => [num]);
    return { rows: rows.map(withRecord), nextCursor, total: null };
  }
  const rest = `WHERE ${FILTER} ORDER BY e.num DESC LIMIT $4 OFFSET $5`;
  const rows = await selectEndpoints(db, rest, ...values, limit, (number - 1) * limit);
  const counted = await db.row<{ total: number }>(
    `SELECT count(*) AS total FROM endpoints e JOIN stores s ON s.tenant = e.tenant AND s.num = e.store WHERE ${FILTER}`,
    ...values,
  );
  return { rows: rows.map(withRecord), nextCursor: null, total: counted?.total ?? 0 };
}

/** The version is read before the endpoints, so that at worst it is older than they are, and an accept matches again. */
export async function storeEndpoints({ db }: Context, storeId: string): Promise<StoreEndpoints> {
  const store = await db.row<{ num: number; version: number }>(
    "SELECT num, endpoints_version AS version FROM stores WHERE id = $1",
    storeId,
  );
  if (!store) return { version: 0, endpoints: [] };
  const rows = await selectEndpoints(
    db,
    "WHERE e.store = $1 AND s.num = $1 AND e.state <> 'deleted' ORDER BY e.num",
    store.num,
  );
  const endpoints = rows.map(toEndpoint).filter(({ canonical }) => canonical.length > 0);
  return { version: store.version, endpoints };
}

export const updateEndpoint = (
  context: Context,
  id: string,
  version: number,
  changes: EndpointChanges,
  uniqueUrl: boolean,
  audit: Audit,
): Promise<Endpoint | "conflict" | "taken" | null> =>
  unlessRefused<Endpoint | null, "conflict" | "taken">(context, async (sql) => {
    const found = await liveEndpoint(sql, id);
    if (!found) return null;
    await bumpVersion(sql, found.storeId);
    const row = await liveEndpoint(sql, id, "FOR UPDATE OF e");
    if (row?.version !== version) throw new Refused("conflict");
    const next: Endpoint = { ...toEndpoint(row), ...changes, version: version + 1 };
    if (uniqueUrl && (await isTaken(sql, row.store, next))) throw new Refused("taken");
    await sql.run(
      "UPDATE endpoints SET url = $1, state = $2, version = $3, doc = $4 WHERE tenant = $5 AND num = $6",
      next.url,
      next.state,
      next.version,
      toDoc(next),
      row.tenant,
      row.num,
    );
    // A second chance starts with a clean record; else its first failure would deactivate it again.
    if (next.state === "active" && row.state !== "active") {
      await sql.run(
        "UPDATE endpoint_records SET consecutive_failures = 0, failing_since = NULL WHERE tenant = $1 AND endpoint = $2",
        row.tenant,
        row.num,
      );
    }
    await writeAudit(context, sql, audit);
    return next;
  });

export const deleteEndpoint = (context: Context, id: string, audit: Audit): Promise<boolean> =>
  unlessRefused<boolean, boolean>(context, async (sql) => {
    const found = await liveEndpoint(sql, id);
    if (!found) return false;
    await bumpVersion(sql, found.storeId);
    const deleted = await sql.run(
      `UPDATE endpoints SET state = 'deleted', version = version + 1, deleted_at = $1
       WHERE id = $2 AND state <> 'deleted'`,
      audit.at,
      id,
    );
    if (deleted === 0) throw new Refused(false);
    await writeAudit(context, sql, audit);
    return true;
  });

export const listFailingEndpoints = async (
  { db }: Context,
  before: number,
): Promise<readonly EndpointWithRecord[]> =>
  (
    await selectEndpoints(
      db,
      `WHERE r.failing_since IS NOT NULL AND r.failing_since <= $1 AND e.state = 'active'
       ORDER BY r.failing_since, e.num`,
      before,
    )
  ).map(withRecord);
