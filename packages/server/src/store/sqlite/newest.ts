import { type Db, orNull, type Value } from "./db.ts";

/** Place of a row in a list: when it was made, its number, and the store or endpoint it belongs to. */
export type Key = [createdAt: number, num: number, lane: number];

export interface Span {
  readonly since?: number | undefined;
  /** The last key of the page before. */
  readonly cursor: readonly number[] | null;
  readonly count: number;
}

/** Newest first. */
export const byAge = (a: Key, b: Key): number => b[0] - a[0] || b[1] - a[1];

/**
 * The newest keys over many lanes (stores or endpoints), each read by its own index, newest first. What has been
 * found so far bounds what is looked for next, so that most lanes cost one look.
 *
 * `sql` takes ?1 lane, ?2 earliest time, (?3, ?4) the key to stay below, ?5 limit, then `more`.
 */
export function newestOf(
  db: Db,
  sql: string,
  lanes: readonly number[],
  { since, cursor, count }: Span,
  more: readonly Value[],
): Key[] {
  const [createdAt, num] = cursor ?? [Number.MAX_SAFE_INTEGER, 0];
  let best: Key[] = [];
  let earliest = orNull(since) ?? 0;
  for (const lane of lanes) {
    const found = db.tuples<Key>(sql, lane, earliest, orNull(createdAt), orNull(num), count, ...more);
    if (found.length === 0) continue;
    best = [...best, ...found].sort(byAge).slice(0, count);
    const last = best[count - 1];
    if (last) earliest = last[0];
  }
  return best;
}

/** One store, or all. */
export const storeNumbers = (db: Db, storeId: string | undefined): number[] =>
  (storeId === undefined
    ? db.tuples<[number]>("SELECT num FROM stores ORDER BY num DESC")
    : db.tuples<[number]>("SELECT num FROM stores WHERE id = ?", storeId)
  ).map(([num]) => num);

/** As JSON, for statements that take any endpoint where there is no filter by one or by store. */
export const endpointsOrAll = (db: Db, filter: { endpointId?: string; storeId?: string }): string | null =>
  filter.endpointId === undefined && filter.storeId === undefined
    ? null
    : JSON.stringify(endpointNumbers(db, filter));

/** One endpoint, those of one store, or all; deleted ones too. */
export function endpointNumbers(db: Db, filter: { endpointId?: string; storeId?: string }): number[] {
  const { endpointId, storeId } = filter;
  const rows =
    endpointId === undefined && storeId === undefined
      ? db.tuples<[number]>("SELECT num FROM endpoints ORDER BY num DESC")
      : db.tuples<[number]>(
          `SELECT e.num FROM endpoints e JOIN stores s ON s.num = e.store
           WHERE ${endpointId === undefined ? "s.id = ?1" : "e.id = ?2 AND (?1 IS NULL OR s.id = ?1)"}`,
          ...(endpointId === undefined ? [orNull(storeId)] : [orNull(storeId), endpointId]),
        );
  return rows.map(([num]) => num);
}
