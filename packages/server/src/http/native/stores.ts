import { isoTime } from "../../domain/id.ts";
import { PLANS, type Store } from "../../domain/store.ts";
import type { StoreChanges, StoreInput } from "../../service/stores.ts";
import { created, given, listed, type NativeRoute, ok, pageOf, route } from "./route.ts";
import { fields, id, idText, listQuery, nullableText, oneOf, page, text, time, view } from "./words.ts";

const ACCEPT_WITHIN = { type: "integer", minimum: 1, maximum: 10_080 } as const;

const storeView = (store: Store) => ({
  id: store.id,
  tenantId: store.tenantId,
  externalId: store.externalId,
  name: store.name,
  currency: store.currency,
  exponent: store.exponent,
  timezone: store.timezone,
  plan: store.plan,
  acceptWithinMinutes: store.acceptWithinMinutes,
  createdAt: isoTime(store.createdAt),
});

const STORE = view("Store", {
  id: id("store_"),
  tenantId: { type: "string" },
  externalId: nullableText(200),
  name: { type: "string" },
  currency: { type: "string", description: "ISO 4217" },
  exponent: { type: "integer", description: "Digits after the point of an amount in this currency." },
  timezone: { type: "string" },
  plan: oneOf(PLANS),
  acceptWithinMinutes: { type: "integer" },
  createdAt: time,
});

const AUDIT = view("AuditRow", {
  id: id("aud_"),
  at: time,
  actor: { type: "string", description: "`operator`, a key's id, or `system`." },
  action: { type: "string" },
  storeId: nullableText(200),
  targetId: { type: "string" },
});

const create = route<StoreInput>({
  method: "POST",
  path: "/v1/stores",
  summary: "Add a store",
  description: "A restaurant: what keys, endpoints, orders and events belong to.",
  needs: "operator",
  body: fields(
    {
      name: text(200),
      currency: { type: "string", format: "currency", description: "ISO 4217" },
      timezone: { type: "string", format: "timezone", description: "IANA time zone" },
      plan: oneOf(PLANS, {
        description:
          "First attempts an hour: starter 500, grow 2,000, professional 10,000, enterprise unlimited. `starter` if left out.",
      }),
      externalId: nullableText(200, { description: "The store's id at its point of sale." }),
      tenantId: text(64, { pattern: "^[A-Za-z0-9_-]+$" }),
      acceptWithinMinutes: {
        ...ACCEPT_WITHIN,
        description: "An order that nobody accepts within it fails. 10 if left out.",
      },
    },
    ["name", "currency", "timezone"],
  ),
  example: { name: "Trattoria Nord", currency: "DKK", timezone: "Europe/Copenhagen", plan: "professional" },
  responses: { 201: { description: "The store.", schema: STORE } },
  run: async ({ call, body }, { stores }) => created(storeView(await stores.create(call, body))),
});

const list = route({
  method: "GET",
  path: "/v1/stores",
  summary: "List stores",
  needs: "operator",
  query: listQuery(),
  responses: { 200: { description: "Newest first.", schema: page(STORE) } },
  run: async ({ query }, { stores }) => listed(await stores.list(pageOf(query)), storeView),
});

const get = route({
  method: "GET",
  path: "/v1/stores/:id",
  summary: "Get a store",
  needs: "stores:read",
  responses: { 200: { description: "The store.", schema: STORE } },
  run: async ({ call, params }, { stores }) => ok(storeView(await stores.get(call, params.id ?? ""))),
});

const update = route<StoreChanges>({
  method: "PATCH",
  path: "/v1/stores/:id",
  summary: "Change a store's name, plan or deadline",
  needs: "operator",
  body: fields({ name: text(200), plan: oneOf(PLANS), acceptWithinMinutes: ACCEPT_WITHIN }, [], {
    minProperties: 1,
  }),
  example: { plan: "enterprise" },
  responses: { 200: { description: "The store as it now is.", schema: STORE } },
  run: async ({ call, params, body }, { stores }) =>
    ok(storeView(await stores.update(call, params.id ?? "", body))),
});

const audit = route({
  method: "GET",
  path: "/v1/audit",
  summary: "List who changed what",
  needs: "stores:read",
  query: listQuery({ storeId: idText }),
  responses: { 200: { description: "Newest first.", schema: page(AUDIT) } },
  run: async ({ call, query }, { stores }) =>
    listed(
      await stores.listAudit(call, given(query, "storeId").storeId, pageOf(query)),
      ({ at, ...row }) => ({
        ...row,
        at: isoTime(at),
      }),
    ),
});

export const storeRoutes: readonly NativeRoute[] = [create, list, get, update, audit];
