import { InvalidCursor } from "./driver.ts";

/** A list's last key as an opaque word. */
export const encodeCursor = (...key: readonly number[]): string =>
  Buffer.from(JSON.stringify(key)).toString("base64url");

/** The key of `size` integers; null at the start. Throws `InvalidCursor`. */
export function decodeCursor(cursor: string | null, size: number): number[] | null {
  if (cursor === null) return null;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw new InvalidCursor("The cursor is not one that a list has given out.");
  }
  if (!Array.isArray(key) || key.length !== size || !key.every((part) => Number.isSafeInteger(part))) {
    throw new InvalidCursor("The cursor is not one that a list of this kind has given out.");
  }
  return key;
}

/** The id that a cursor of `pageById` holds; null at the start. Throws `InvalidCursor`. */
export function decodeIdCursor(cursor: string | null): string | null {
  if (cursor === null) return null;
  const id = Buffer.from(cursor, "base64url").toString("utf8");
  if (/^[a-z]+_[0-9a-z]{1,64}$/.test(id)) return id;
  throw new InvalidCursor("The cursor is not one that a list of this kind has given out.");
}

/** The same as `page`, over rows whose ids are in the order of the list. */
export function pageById<Row extends { readonly id: string }>(
  found: readonly Row[],
  limit: number,
): { rows: Row[]; nextCursor: string | null } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const more = last !== undefined && found.length > limit;
  return { rows, nextCursor: more ? Buffer.from(last.id).toString("base64url") : null };
}

/** Reads one row more than asked for, to know whether another page follows. */
export function page<Row>(
  found: readonly Row[],
  limit: number,
  key: (row: Row) => readonly number[],
): { rows: Row[]; nextCursor: string | null } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, nextCursor: last !== undefined && found.length > limit ? encodeCursor(...key(last)) : null };
}
