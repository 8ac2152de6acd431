import type { Sql } from "./database.ts";

export interface KnownStore {
  readonly num: number;
  readonly tenant: number;
  readonly tenantId: string;
}
export interface KnownEndpoint {
  readonly num: number;
  readonly tenant: number;
  readonly store: number;
}

/** Of stores and of endpoints; more than any machine serves at once. */
const MOST_KNOWN = 50_000;

/** Numbers of stores and endpoints by id. They never change, so that they may be kept for good. */
export class Known {
  readonly #sql: Sql;
  readonly #stores = new Map<string, KnownStore>();
  readonly #endpoints = new Map<string, KnownEndpoint>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  store(id: string): KnownStore | undefined {
    return this.#stores.get(id);
  }

  endpoint(id: string): KnownEndpoint | undefined {
    return this.#endpoints.get(id);
  }

  /** Finds those that are there; asks for those it does not know yet, all at once. */
  async learn(storeIds: Iterable<string>, endpointIds: Iterable<string>): Promise<void> {
    await this.#fill(
      this.#stores,
      storeIds,
      `SELECT id, num, tenant, tenant_id AS "tenantId" FROM stores WHERE id = ANY ($1::text[])`,
    );
    await this.#fill(
      this.#endpoints,
      endpointIds,
      "SELECT id, num, tenant, store FROM endpoints WHERE id = ANY ($1::text[])",
    );
  }

  async #fill<Row>(known: Map<string, Row>, ids: Iterable<string>, sql: string): Promise<void> {
    const missing = new Set<string>();
    for (const id of ids) if (!known.has(id)) missing.add(id);
    if (missing.size === 0) return;
    if (known.size >= MOST_KNOWN) known.clear();
    for (const row of await this.#sql.rows<Row & { id: string }>(sql, [...missing])) known.set(row.id, row);
  }
}
