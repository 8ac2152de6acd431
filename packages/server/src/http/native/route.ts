import type { JsonSchema, RenderedResponse } from "@ticketrail/contracts";
import type { Services } from "../../service/services.ts";
import type { ListInput } from "../../store/driver.ts";
import type { Needs } from "../access.ts";
import type { Exchange } from "../exchange.ts";
import type { Query } from "../query.ts";

/** One call of the native API: what is served, and what the reference says of it. */
export interface NativeRoute {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly needs: Needs;
  readonly body?: JsonSchema;
  /** What the reference shows instead of `body`, where the body's parts are checked one after the other. */
  readonly shownBody?: JsonSchema;
  /** A body that the schema accepts, for the reference. */
  readonly example?: unknown;
  readonly query?: JsonSchema;
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema?: JsonSchema }>
  >;
  run(exchange: Exchange, services: Services): Promise<RenderedResponse>;
}

/** The same with the body's type, which the schema has made sure of. */
export function route<Body>(
  given: Omit<NativeRoute, "run"> & {
    run(exchange: Exchange<Body>, services: Services): Promise<RenderedResponse>;
  },
): NativeRoute {
  return { ...given, run: (exchange, services) => given.run(exchange as Exchange<Body>, services) };
}

export const ok = (body: unknown): RenderedResponse => ({ status: 200, body });
export const created = (body: unknown): RenderedResponse => ({ status: 201, body });
export const accepted = (body: unknown): RenderedResponse => ({ status: 202, body });
export const noContent = (): RenderedResponse => ({ status: 204, body: undefined });

/** interface: "limit 20 by default". */
export const pageOf = (query: Query): ListInput => ({
  limit: query.limit === undefined ? 20 : Number(query.limit),
  cursor: query.cursor ?? null,
});

export const listed = <Row, View>(
  { rows, nextCursor }: { readonly rows: readonly Row[]; readonly nextCursor: string | null },
  view: (row: Row) => View,
): RenderedResponse => ok({ data: rows.map(view), nextCursor });

/** Epoch milliseconds of a parameter that the schema has accepted, under its name; nothing where it is not there. */
export const timesOf = (query: Query): { since?: number; until?: number } => ({
  ...(query.since === undefined ? {} : { since: Date.parse(query.since) }),
  ...(query.until === undefined ? {} : { until: Date.parse(query.until) }),
});

export const given = <Name extends string>(
  query: Query,
  ...names: readonly Name[]
): Partial<Record<Name, string>> => {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = query[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
};
