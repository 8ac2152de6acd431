import type { Contract, JsonSchema } from "@ticketrail/contracts";
import type { Needs } from "../access.ts";
import type { NativeRoute } from "../native/route.ts";

/** One call, as the reference and the OpenAPI document show it. */
export interface CallDescription {
  readonly method: string;
  /** Below the API's base, with `:params`. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly needs: Needs;
  readonly body: JsonSchema | null;
  /** A body that the schema accepts; undefined: one is made from the schema. */
  readonly example: unknown;
  readonly query: JsonSchema | null;
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema?: JsonSchema }>
  >;
}

/** One API: the native one, or a contract's own. */
export interface ApiDescription {
  readonly name: string;
  readonly title: string;
  readonly intro: string;
  /** Before every path: empty, or `/sela`. */
  readonly base: string;
  readonly calls: readonly CallDescription[];
  /** Whose errors these calls answer with, and whose events are delivered. */
  readonly contract: Contract;
}

export const nativeDescription = (contract: Contract, routes: readonly NativeRoute[]): ApiDescription => ({
  name: "native",
  title: "Ticketrail",
  intro:
    "Stores, keys, endpoints, orders, events and deliveries. Amounts are integers of minor units, times ISO 8601 in UTC, lists pages of `{data, nextCursor}`. Every POST understands an Idempotency-Key: the same body gets the same answer for 24 hours.",
  base: "",
  contract,
  calls: routes.map((route) => ({
    method: route.method,
    path: route.path,
    summary: route.summary,
    description: route.description ?? "",
    needs: route.needs,
    body: route.shownBody ?? route.body ?? null,
    example: route.example,
    query: route.query ?? null,
    responses: route.responses,
  })),
});

export const contractDescription = (contract: Contract): ApiDescription => ({
  name: contract.name,
  title: contract.title,
  intro:
    contract.routes.length === 0
      ? "This contract has no calls of its own: its endpoints are registered through the native API."
      : `The calls of ${contract.title} that the hub serves, at the documented paths below this base. A client that uses these needs its base URL and its key changed, nothing else.`,
  base: `/${contract.name}`,
  contract,
  calls: contract.routes.map((route) => ({
    method: route.method,
    path: route.path,
    summary: route.summary,
    description: "",
    needs: route.scope,
    body: route.body ?? null,
    example: undefined,
    query: route.query ?? null,
    responses: route.responses,
  })),
});

/** What a call asks of its key, in words. */
export function needsInWords(needs: Needs): string {
  if (needs === null) return "No key.";
  if (needs === "key") return "Any key.";
  if (needs === "operator") return "The operator's key.";
  return `A key with the scope \`${needs}\`.`;
}

/** The names in a path: `/v1/orders/:id` → `id`. */
export const paramsOf = (path: string): readonly string[] =>
  [...path.matchAll(/:([A-Za-z_]+)/g)].map(([, name]) => name ?? "");

/** The headers of a delivery, with sample values. */
export function deliveryHeaders(contract: Contract, eventType: string): Readonly<Record<string, string>> {
  const { signing } = contract;
  const timestamp = signing.timestampUnit === "ms" ? "1768732200000" : "1768732200";
  const stamp = { eventId: "evt_abc123", eventType, deliveryId: "del_xyz789", timestamp };
  const bytes = "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd";
  const signature = Buffer.from(bytes, "hex").toString(signing.encodings[0] ?? "hex");
  return { ...contract.deliveryHeaders, ...signing.headers(stamp, [signature]) };
}
