import type { Endpoint } from "../../domain/endpoint.ts";
import type { EndpointWithRecord } from "../driver.ts";
import type { Sql } from "./database.ts";
import type { Value } from "./values.ts";

type Doc = Pick<Endpoint, "events" | "canonical" | "secrets" | "headers" | "encoding" | "disabledReason">;

export interface EndpointRow {
  readonly num: number;
  readonly tenant: number;
  readonly id: string;
  readonly store: number;
  readonly storeId: string;
  readonly tenantId: string;
  readonly contract: string;
  readonly url: string;
  readonly state: Endpoint["state"];
  readonly version: number;
  readonly createdAt: number;
  readonly doc: string;
  readonly consecutiveFailures: number;
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
}

const SELECT = `SELECT e.num, e.tenant, e.id, e.store, s.id AS "storeId", s.tenant_id AS "tenantId", e.contract, e.url,
    e.state, e.version, e.created_at AS "createdAt", e.doc, r.consecutive_failures AS "consecutiveFailures",
    r.failing_since AS "failingSince", r.last_success_at AS "lastSuccessAt", r.last_failure_at AS "lastFailureAt"
  FROM endpoints e JOIN stores s ON s.tenant = e.tenant AND s.num = e.store
  JOIN endpoint_records r ON r.tenant = e.tenant AND r.endpoint = e.num`;

/** `rest` follows FROM: a WHERE over `e` (endpoints), `s` (stores), `r` (endpoint_records), and what comes after. */
export const selectEndpoints = (sql: Sql, rest: string, ...values: Value[]): Promise<EndpointRow[]> =>
  sql.rows<EndpointRow>(`${SELECT} ${rest}`, ...values);

/** The live endpoint of that id; `lock` where it is about to be changed. */
export const liveEndpoint = async (sql: Sql, id: string, lock = ""): Promise<EndpointRow | undefined> =>
  (await selectEndpoints(sql, `WHERE e.id = $1 AND e.state <> 'deleted' ${lock}`, id))[0];

export function toEndpoint(row: EndpointRow): Endpoint {
  const doc = JSON.parse(row.doc) as Doc;
  return {
    id: row.id,
    tenantId: row.tenantId,
    storeId: row.storeId,
    contract: row.contract,
    url: row.url,
    events: doc.events,
    canonical: doc.canonical,
    secrets: doc.secrets,
    encoding: doc.encoding,
    headers: doc.headers,
    state: row.state,
    disabledReason: doc.disabledReason,
    version: row.version,
    createdAt: row.createdAt,
  };
}

export function withRecord(row: EndpointRow): EndpointWithRecord {
  const { consecutiveFailures, failingSince, lastSuccessAt, lastFailureAt } = row;
  return {
    endpoint: toEndpoint(row),
    record: { consecutiveFailures, failingSince, lastSuccessAt, lastFailureAt },
  };
}

export function toDoc({ events, canonical, secrets, headers, encoding, disabledReason }: Endpoint): string {
  const doc: Doc = { events, canonical, secrets, headers, encoding, disabledReason };
  return JSON.stringify(doc);
}
