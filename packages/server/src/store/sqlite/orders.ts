import type { Order, OrderStatus } from "@ticketrail/contracts";
import { withoutPersonalData } from "../../domain/personal-data.ts";
import { decodeCursor, page } from "../cursor.ts";
import type { List, OrderFilter, SaveOrderInput, SaveOrderResult } from "../driver.ts";
import { writeAudit } from "./audit.ts";
import { type Db, orNull, type Value } from "./db.ts";
import { Intake, isStale, storeNumber, storesOf } from "./intake.ts";
import { newestOf, storeNumbers } from "./newest.ts";

interface DocRow {
  readonly doc: string;
}
const toOrder = ({ doc }: DocRow): Order => JSON.parse(doc);

export function getOrder(db: Db, id: string): Order | null {
  const row = db.row<DocRow>("SELECT doc FROM orders WHERE id = ?", id);
  return row ? toOrder(row) : null;
}

/** All the calls of a group, one after the other; the events they cause go in together at the end. */
export function saveOrders(db: Db, inputs: readonly SaveOrderInput[]): SaveOrderResult[] {
  const intake = new Intake(db);
  const results = inputs.map((input) => saveOrder(db, input, intake));
  intake.write();
  return results;
}

function saveOrder(db: Db, input: SaveOrderInput, intake: Intake): SaveOrderResult {
  const { order, expectedVersion, events, audit } = input;
  const there = getOrder(db, order.id);
  if (expectedVersion === null) {
    const same = there ?? sameSource(db, order);
    if (same) return { kind: "exists", order: same };
  } else {
    if (!there) throw new Error(`There is no order ${order.id}.`);
    if (there.version !== expectedVersion) return { kind: "conflict", order: there };
  }
  const stores = storesOf(db, events);
  if (events.some((event) => isStale(event, stores))) return { kind: "stale_endpoints" };
  if (there) updateRow(db, order);
  else insertRow(db, order);
  writeAudit(db, audit);
  return {
    kind: "saved",
    placements: events.flatMap((event) => intake.add(event, storeNumber(event, stores))),
  };
}

const acceptBy = ({ acceptBy: deadline }: Order): number | null =>
  deadline === null ? null : Date.parse(deadline);

function insertRow(db: Db, order: Order): void {
  const { contract, deliveryId, externalId } = order.source;
  const inserted = db.run(
    `INSERT INTO orders (id, store, status, version, source_contract, source_delivery_id, source_external_id,
       created_at, accept_by, doc)
     SELECT ?, num, ?, ?, ?, ?, ?, ?, ?, ? FROM stores WHERE id = ?`,
    order.id,
    order.status,
    order.version,
    contract,
    deliveryId,
    externalId,
    Date.parse(order.createdAt),
    acceptBy(order),
    JSON.stringify(order),
    order.storeId,
  );
  if (inserted === 0) throw new Error(`There is no store ${order.storeId}.`);
}

function updateRow(db: Db, order: Order): void {
  db.run(
    "UPDATE orders SET status = ?, version = ?, accept_by = ?, doc = ? WHERE id = ?",
    order.status,
    order.version,
    acceptBy(order),
    JSON.stringify(order),
    order.id,
  );
}

const BY_SOURCE = `SELECT doc FROM orders WHERE store = (SELECT num FROM stores WHERE id = ?1)
  AND source_external_id IS NOT NULL AND source_external_id = ?2 AND coalesce(source_delivery_id, '') = ?3`;

function sameSource(db: Db, { storeId, source }: Order): Order | null {
  if (source.externalId === null) return null;
  const row = db.row<DocRow>(
    `${BY_SOURCE} AND coalesce(source_contract, '') = ?4`,
    storeId,
    source.externalId,
    source.deliveryId ?? "",
    source.contract ?? "",
  );
  return row ? toOrder(row) : null;
}

export function findOrderBySource(
  db: Db,
  storeId: string,
  source: { readonly contract?: string; readonly deliveryId: string | null; readonly externalId: string },
): Order | null {
  const row = db.row<DocRow>(
    `${BY_SOURCE} AND (?4 IS NULL OR source_contract = ?4)
       ORDER BY status = 'pending' DESC, iif(status = 'pending', num, -num) LIMIT 1`,
    storeId,
    source.externalId,
    source.deliveryId ?? "",
    orNull(source.contract),
  );
  return row ? toOrder(row) : null;
}

const LIVE: ReadonlySet<OrderStatus> = new Set(["pending", "accepted", "preparing", "ready", "in_delivery"]);
const IS_LIVE = "status IN ('pending', 'accepted', 'preparing', 'ready', 'in_delivery')";

export function listOrders(db: Db, filter: OrderFilter): List<Order> {
  const { statuses, limit } = filter;
  const onlyLive = statuses.length > 0 && statuses.every((status) => LIVE.has(status));
  const index = onlyLive ? "orders_live" : "orders_by_store";
  const wanted = statuses.length === 0 ? null : JSON.stringify(statuses);
  const sql = `SELECT created_at, num, store FROM orders INDEXED BY ${index}
    WHERE store = ?1 AND created_at >= ?2 AND (created_at, num) < (?3, ?4) AND ${onlyLive ? IS_LIVE : "TRUE"}
      AND (?6 IS NULL OR status IN (SELECT value FROM json_each(?6)))
    ORDER BY created_at DESC, num DESC LIMIT ?5`;
  const keys = newestOf(
    db,
    sql,
    storeNumbers(db, filter.storeId),
    { since: filter.since, cursor: decodeCursor(filter.cursor, 2), count: limit + 1 },
    [wanted],
  );
  const { rows, nextCursor } = page(keys, limit, ([createdAt, num]) => [createdAt, num]);
  const orders = rows.map(([, num]) => db.row<DocRow>("SELECT doc FROM orders WHERE num = ?", num));
  return { rows: orders.flatMap((row) => (row ? [toOrder(row)] : [])), nextCursor };
}

export function listOverdueOrders(db: Db, now: number, limit: number): readonly Order[] {
  const values: Value[] = [now, limit];
  return db
    .rows<DocRow>(
      `SELECT doc FROM orders WHERE status = 'pending' AND accept_by IS NOT NULL AND accept_by <= ?
       ORDER BY accept_by, num LIMIT ?`,
      ...values,
    )
    .map(toOrder);
}

export function forgetCustomers(
  db: Db,
  { before, limit }: { readonly before: number; readonly limit: number },
): number {
  const old = db.rows<DocRow & { num: number }>(
    `SELECT num, doc FROM orders INDEXED BY orders_personal
     WHERE personal = 1 AND status IN ('completed', 'rejected', 'cancelled', 'failed') AND created_at < ?
     ORDER BY created_at LIMIT ?`,
    before,
    limit,
  );
  for (const { num, doc } of old) {
    const order = withoutPersonalData(toOrder({ doc }));
    db.run("UPDATE orders SET doc = ?, personal = 0 WHERE num = ?", JSON.stringify(order), num);
  }
  return old.length;
}
