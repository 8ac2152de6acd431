import Database from "libsql";

/** What may be bound. The binding aborts the process on a boolean, so that none may get this far. */
export type Value = string | number | null;

/** Values go in as one array: a single null by itself is taken for an object of named parameters. */
interface Change {
  run(values: readonly Value[]): { changes: number };
}

/**
 * Rows as arrays: the binding takes half as long again to make objects. A statement is for `get` or for `all`: after an
 * `all` it would answer a `get` with what it was bound to then.
 */
interface Query {
  get(values: readonly Value[]): unknown[] | undefined;
  all(values: readonly Value[]): unknown[][];
  columns(): readonly { readonly name: string }[];
}

export interface Known {
  /** By id. */
  readonly stores: Map<string, { readonly num: number; readonly endpointsVersion: number }>;
  /** Number by id. */
  readonly endpoints: Map<string, number>;
}

/** Rows a statement of many VALUES takes, the largest first: binding costs less than a JSON parameter. */
const CHUNKS = [32, 8, 1] as const;

/** A connection with its prepared statements. Numbers are bound as REAL; integer columns turn them back. */
export class Db {
  readonly #connection: Database.Database;
  readonly #changes = new Map<string, Change>();
  readonly #firsts = new Map<string, Query>();
  readonly #lists = new Map<string, Query>();
  /** The columns' names, of queries whose rows are objects. */
  readonly #names = new Map<string, readonly string[]>();
  readonly #inserts = new Map<string, string>();
  /** What every event asks of; kept true by the one connection that writes, and emptied by a rollback. */
  readonly known: Known = { stores: new Map(), endpoints: new Map() };

  constructor(path: string, busyTimeoutMs: number) {
    this.#connection = new Database(path, { timeout: busyTimeoutMs });
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** How many rows were changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#change(sql).run(values).changes;
  }

  row<Row>(sql: string, ...values: Value[]): Row | undefined {
    const row = this.#first(sql, values);
    return row && toObject<Row>(this.#namesOf(sql, this.#firsts), row);
  }

  rows<Row>(sql: string, ...values: Value[]): Row[] {
    const rows = this.#query(sql, this.#lists).all(values);
    if (rows.length === 0) return [];
    const names = this.#namesOf(sql, this.#lists);
    return rows.map((row) => toObject<Row>(names, row));
  }

  /** Rows as arrays: cheaper, for the paths that every event takes. */
  tuples<Row extends unknown[]>(sql: string, ...values: Value[]): Row[] {
    return this.#query(sql, this.#lists).all(values) as Row[];
  }

  /** The first row, where there is no other: half the price of a list of one. */
  tuple<Row extends unknown[]>(sql: string, ...values: Value[]): Row | undefined {
    return this.#first(sql, values) as Row | undefined;
  }

  /** `INSERT INTO … VALUES` for many rows; `tuple` is one row's `(?, …)`, `rest` may follow. */
  insertMany(into: string, tuple: string, rows: readonly (readonly Value[])[], rest = ""): void {
    let from = 0;
    for (const size of CHUNKS) {
      for (; rows.length - from >= size; from += size) {
        const values: Value[] = [];
        for (let i = from; i < from + size; i++) values.push(...(rows[i] ?? []));
        this.#change(this.#insertSql(into, tuple, size, rest)).run(values);
      }
    }
  }

  #insertSql(into: string, tuple: string, size: number, rest: string): string {
    const name = `${size} ${into}`;
    let sql = this.#inserts.get(name);
    if (!sql) {
      sql = `INSERT INTO ${into} VALUES ${Array(size).fill(tuple).join(", ")} ${rest}`;
      this.#inserts.set(name, sql);
    }
    return sql;
  }

  rollback(): void {
    this.forget();
    if (this.inTransaction) this.exec("ROLLBACK");
  }

  forget(): void {
    this.known.stores.clear();
    this.known.endpoints.clear();
  }

  close(): void {
    this.#changes.clear();
    this.#firsts.clear();
    this.#lists.clear();
    this.#connection.close();
  }

  #change(sql: string): Change {
    let statement = this.#changes.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql) as unknown as Change;
      this.#changes.set(sql, statement);
    }
    return statement;
  }

  #query(sql: string, queries: Map<string, Query>): Query {
    let statement = queries.get(sql);
    if (!statement) {
      statement = (this.#connection.prepare(sql) as unknown as { raw(): Query }).raw();
      queries.set(sql, statement);
    }
    return statement;
  }

  #first(sql: string, values: readonly Value[]): unknown[] | undefined {
    try {
      return this.#query(sql, this.#firsts).get(values);
    } catch (error) {
      // The binding does not reset it, and would answer the next call with the same error.
      this.#firsts.delete(sql);
      throw error;
    }
  }

  #namesOf(sql: string, queries: Map<string, Query>): readonly string[] {
    let names = this.#names.get(sql);
    if (!names) {
      names = this.#query(sql, queries)
        .columns()
        .map(({ name }) => name);
      this.#names.set(sql, names);
    }
    return names;
  }
}

function toObject<Row>(names: readonly string[], row: readonly unknown[]): Row {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i++) object[names[i] as string] = row[i];
  return object as Row;
}

/** `undefined` must never be bound by mistake: an absent filter is an explicit null. */
export const orNull = <T extends Value>(value: T | undefined): T | null => value ?? null;
