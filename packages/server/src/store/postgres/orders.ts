import type { Order, OrderStatus } from "@ticketrail/contracts";
import { withoutPersonalData } from "../../domain/personal-data.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { List, OrderFilter } from "../driver.ts";
import type { Context } from "./context.ts";

interface DocRow {
  readonly doc: string;
}
const toOrder = ({ doc }: DocRow): Order => JSON.parse(doc);

export async function getOrder({ db }: Context, id: string): Promise<Order | null> {
  const row = await db.row<DocRow>("SELECT doc FROM orders WHERE id = $1", id);
  return row ? toOrder(row) : null;
}

const BY_SOURCE = `SELECT o.doc FROM orders o JOIN stores s ON s.id = $1 AND o.tenant = s.tenant AND o.store = s.num
  WHERE o.source_external_id IS NOT NULL AND o.source_external_id = $2 AND coalesce(o.source_delivery_id, '') = $3`;

/** The order that keeps this one from being made: of the same id, or of the same source. */
export async function findSame(context: Context, { id, storeId, source }: Order): Promise<Order | null> {
  const there = await getOrder(context, id);
  if (there || source.externalId === null) return there;
  const row = await context.db.row<DocRow>(
    `${BY_SOURCE} AND coalesce(o.source_contract, '') = $4`,
    storeId,
    source.externalId,
    source.deliveryId ?? "",
    source.contract ?? "",
  );
  return row ? toOrder(row) : null;
}

export async function findOrderBySource(
  { db }: Context,
  storeId: string,
  source: { readonly contract?: string; readonly deliveryId: string | null; readonly externalId: string },
): Promise<Order | null> {
  const row = await db.row<DocRow>(
    `${BY_SOURCE} AND ($4::text IS NULL OR o.source_contract = $4)
       ORDER BY o.status = 'pending' DESC, CASE WHEN o.status = 'pending' THEN o.num ELSE -o.num END LIMIT 1`,
    storeId,
    source.externalId,
    source.deliveryId ?? "",
    source.contract ?? null,
  );
  return row ? toOrder(row) : null;
}

const LIVE: ReadonlySet<OrderStatus> = new Set(["pending", "accepted", "preparing", "ready", "in_delivery"]);
const IS_LIVE = "AND o.status IN ('pending', 'accepted', 'preparing', 'ready', 'in_delivery')";

export async function listOrders({ db }: Context, filter: OrderFilter): Promise<List<Order>> {
  const { statuses, limit, storeId, since } = filter;
  const [createdAt, num] = decodeCursor(filter.cursor, 2) ?? [Number.MAX_SAFE_INTEGER, 0];
  const onlyLive = statuses.length > 0 && statuses.every((status) => LIVE.has(status));
  const ofStore =
    storeId === undefined
      ? ""
      : "AND (o.tenant, o.store) = (SELECT s.tenant, s.num FROM stores s WHERE s.id = $6)";
  const found = await db.rows<DocRow & { createdAt: number; num: number }>(
    `SELECT o.created_at AS "createdAt", o.num, o.doc FROM orders o
     WHERE (o.created_at, o.num) < ($1, $2) AND o.created_at >= $3
       AND ($4::text[] = '{}' OR o.status = ANY ($4::text[])) ${onlyLive ? IS_LIVE : ""} ${ofStore}
     ORDER BY o.created_at DESC, o.num DESC LIMIT $5`,
    createdAt ?? null,
    num ?? null,
    since ?? 0,
    statuses,
    limit + 1,
    ...(storeId === undefined ? [] : [storeId]),
  );
  const { rows, nextCursor } = page(found, limit, (row) => [row.createdAt, row.num]);
  return { rows: rows.map(toOrder), nextCursor };
}

export const listOverdueOrders = async (
  { db }: Context,
  now: number,
  limit: number,
): Promise<readonly Order[]> =>
  (
    await db.rows<DocRow>(
      `SELECT doc FROM orders WHERE status = 'pending' AND accept_by IS NOT NULL AND accept_by <= $1
       ORDER BY accept_by, num LIMIT $2`,
      now,
      limit,
    )
  ).map(toOrder);

export const forgetCustomers = (
  { db }: Context,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<number> =>
  db.transaction(async (sql) => {
    const old = await sql.rows<DocRow & { readonly id: string }>(
      `SELECT o.id, o.doc FROM orders o
       WHERE o.personal AND o.status IN ('completed', 'rejected', 'cancelled', 'failed') AND o.created_at < $1
       ORDER BY o.created_at, o.num LIMIT $2 FOR UPDATE SKIP LOCKED`,
      before,
      limit,
    );
    if (old.length === 0) return 0;
    return sql.run(
      `UPDATE orders o SET doc = t.doc, personal = false
       FROM unnest($1::text[], $2::text[]) AS t (id, doc) WHERE o.id = t.id`,
      old.map(({ id }) => id),
      old.map((row) => JSON.stringify(withoutPersonalData(toOrder(row)))),
    );
  });
