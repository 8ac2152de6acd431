/** What may be bound as a parameter; the server is told every type by the statement itself. */
export type Value = string | number | boolean | null | Buffer | readonly (string | number)[];

/** PostgreSQL has no place for U+0000 in a text: a private character stands for it, so that ids with one are not found. */
const NUL = "\u0000";
export const clean = (text: string): string => (text.includes(NUL) ? text.replaceAll(NUL, "\uE000") : text);

type Kind = "int2" | "int4" | "int8" | "float8" | "bool" | "text" | "bytea";
type Of<K extends Kind> =
  | (K extends "text" ? string : K extends "bytea" ? Buffer : K extends "bool" ? boolean : number)
  | null;

/** Type number of the elements, and their size in bytes where it is fixed. */
const OID: Readonly<Record<Kind, readonly [oid: number, size: number]>> = {
  bool: [16, 1],
  bytea: [17, 0],
  int8: [20, 8],
  int2: [21, 2],
  int4: [23, 4],
  text: [25, 0],
  float8: [701, 8],
};
const HEADER_BYTES = 20;

/**
 * An array as PostgreSQL's binary protocol has it: nothing to escape here, nothing to parse there. A Buffer is bound as
 * binary by node-postgres. https://www.postgresql.org/docs/current/protocol-message-formats.html, `array_recv`.
 */
export function arrayOf<K extends Kind>(kind: K, items: readonly Of<K>[]): Buffer {
  const [oid, size] = OID[kind];
  const texts = size === 0 ? items.map(toBytes) : null;
  let bytes = HEADER_BYTES + 4 * items.length;
  if (texts) for (const text of texts) bytes += text?.length ?? 0;
  else for (const item of items) if (item !== null) bytes += size;
  const buffer = Buffer.allocUnsafe(items.length === 0 ? 12 : bytes);
  buffer.writeInt32BE(items.length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(items.includes(null) ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  if (items.length === 0) return buffer;
  buffer.writeInt32BE(items.length, 12);
  buffer.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (let i = 0; i < items.length; i++) {
    const item = texts ? texts[i] : items[i];
    if (item === null || item === undefined) {
      at = buffer.writeInt32BE(-1, at);
    } else if (Buffer.isBuffer(item)) {
      at = buffer.writeInt32BE(item.length, at);
      at += item.copy(buffer, at);
    } else {
      at = buffer.writeInt32BE(size, at);
      at = writeFixed(buffer, kind, item as number | boolean, at);
    }
  }
  return buffer;
}

/** One column of many rows, for a statement that unnests it. */
export const columnsOver =
  <Row>() =>
  <K extends Kind>(kind: K, read: (row: Row) => Of<K>) =>
  (rows: readonly Row[]): Buffer =>
    arrayOf(kind, rows.map(read));

const toBytes = (item: unknown): Buffer | null => {
  if (typeof item === "string") return Buffer.from(clean(item));
  return Buffer.isBuffer(item) ? item : null;
};

function writeFixed(buffer: Buffer, kind: Kind, item: number | boolean, at: number): number {
  if (kind === "bool") return buffer.writeUInt8(item ? 1 : 0, at);
  const value = Number(item);
  if (kind === "int2") return buffer.writeInt16BE(value, at);
  if (kind === "int4") return buffer.writeInt32BE(value, at);
  if (kind === "float8") return buffer.writeDoubleBE(value, at);
  // Numbers are safe integers; both halves by hand cost a third of a BigInt.
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeInt32BE(high, at);
  return buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4);
}

/** `{1,NULL,3}`, as int8 arrays come back. */
export const toNumbers = (text: string): (number | null)[] =>
  text === "{}"
    ? []
    : text
        .slice(1, -1)
        .split(",")
        .map((item) => (item === "NULL" ? null : Number(item)));
