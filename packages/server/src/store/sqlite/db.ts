import Database from "libsql";

/** What may be bound. The binding aborts the process on a boolean, so that none may get this far. */
export type Value = string | number | null;

/** Values go in as one array: a single null by itself is taken for an object of named parameters. */
interface Statement {
  run(values: readonly Value[]): { changes: number };
  get(values: readonly Value[]): unknown;
  all(values: readonly Value[]): unknown[];
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
  readonly #objects = new Map<string, Statement>();
  readonly #arrays = new Map<string, Statement>();
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
    return this.#objectStatement(sql).run(values).changes;
  }

  row<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#objectStatement(sql).get(values) as Row | undefined;
  }

  rows<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#objectStatement(sql).all(values) as Row[];
  }

  /** Rows as arrays: cheaper, for the paths that every event takes. */
  tuples<Row extends unknown[]>(sql: string, ...values: Value[]): Row[] {
    let statement = this.#arrays.get(sql);
    if (!statement) {
      statement = (this.#connection.prepare(sql) as unknown as { raw(): Statement }).raw();
      this.#arrays.set(sql, statement);
    }
    return statement.all(values) as Row[];
  }

  /** `INSERT INTO … VALUES` for many rows; `tuple` is one row's `(?, …)`, `rest` may follow. */
  insertMany(into: string, tuple: string, rows: readonly (readonly Value[])[], rest = ""): void {
    let from = 0;
    for (const size of CHUNKS) {
      for (; rows.length - from >= size; from += size) {
        const values: Value[] = [];
        for (let i = from; i < from + size; i++) values.push(...(rows[i] ?? []));
        this.#objectStatement(this.#insertSql(into, tuple, size, rest)).run(values);
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
    this.#objects.clear();
    this.#arrays.clear();
    this.#connection.close();
  }

  #objectStatement(sql: string): Statement {
    let statement = this.#objects.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql) as unknown as Statement;
      this.#objects.set(sql, statement);
    }
    return statement;
  }
}

/** `undefined` must never be bound by mistake: an absent filter is an explicit null. */
export const orNull = <T extends Value>(value: T | undefined): T | null => value ?? null;
