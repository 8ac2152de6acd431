import { CONTRACTS } from "@ticketrail/contracts";
import { isoTime } from "../../domain/id.ts";
import type { KeyRecord } from "../../domain/store.ts";
import type { KeyInput } from "../../service/keys.ts";
import { created, given, listed, type NativeRoute, noContent, pageOf, route } from "./route.ts";
import { fields, id, idText, list, listQuery, nullable, oneOf, page, text, time, view } from "./words.ts";

export const SCOPES = [
  "orders:read",
  "orders:write",
  "webhooks:read",
  "webhooks:write",
  "events:write",
  "stores:read",
] as const;

const PREFIXES = new Map(CONTRACTS.map(({ name, keyPrefix }) => [name, keyPrefix]));

const secret = { type: "string" } as const;
const MADE = view(
  "Key",
  {
    id: id("key_"),
    key: { type: "string", description: "Shown this once. Begins as the contract documents." },
    storeId: { type: "string" },
    contract: { type: "string" },
    scopes: list(oneOf(SCOPES)),
    clientId: secret,
    clientSecret: secret,
    refreshToken: secret,
    webhookSecret: {
      ...secret,
      description: "Signs what goes to endpoints that are registered with this key.",
    },
  },
  ["clientId", "clientSecret", "refreshToken", "webhookSecret"],
);

const ROW = view("KeyRow", {
  id: id("key_"),
  storeId: { type: "string" },
  contract: { type: "string" },
  scopes: list(oneOf(SCOPES)),
  prefix: { type: "string", description: "What the key begins with, by its contract." },
  lastFour: nullable({
    type: "string",
    description: "Its last characters; null where they were not kept yet.",
  }),
  createdAt: time,
});

const rowView = ({ id, storeId, contract, scopes, lastFour, createdAt }: KeyRecord) => ({
  id,
  storeId,
  contract,
  scopes,
  prefix: PREFIXES.get(contract) ?? "",
  lastFour: lastFour ?? null,
  createdAt: isoTime(createdAt),
});

const create = route<KeyInput>({
  method: "POST",
  path: "/v1/keys",
  summary: "Make a key for a store",
  description:
    "A key of a vendor's contract is good under that contract's prefix; a key of `standard` for the store's own data here. Contracts with OAuth clients get their credentials with it.",
  needs: "operator",
  body: fields(
    {
      storeId: idText,
      contract: text(50, {
        description: `One of ${CONTRACTS.map(({ name }) => `\`${name}\``).join(", ")}.`,
      }),
      scopes: list(oneOf(SCOPES), {
        minItems: 1,
        maxItems: 20,
        description: "All that the contract has, if left out.",
      }),
    },
    ["storeId", "contract"],
  ),
  example: { storeId: "store_01jh8xk3v5n7q2", contract: "standard" },
  responses: { 201: { description: "The key, shown once.", schema: MADE } },
  run: async ({ call, body }, { keys }) => {
    const { record, key, client } = await keys.create(call, body);
    const { storeId, contract, scopes } = record;
    return created({ id: record.id, key, storeId, contract, scopes, ...client });
  },
});

const all = route({
  method: "GET",
  path: "/v1/keys",
  summary: "List keys",
  description: "The keys themselves are kept nowhere: their beginnings and ends tell them apart.",
  needs: "operator",
  query: listQuery({ storeId: idText, contract: text(50) }),
  responses: { 200: { description: "Newest first.", schema: page(ROW) } },
  run: async ({ query }, { keys }) =>
    listed(await keys.list({ ...given(query, "storeId", "contract"), ...pageOf(query) }), rowView),
});

const remove = route({
  method: "DELETE",
  path: "/v1/keys/:id",
  summary: "Revoke a key",
  description: "At once in this process; within 5 seconds in others. Tokens made from it end with it.",
  needs: "operator",
  responses: { 204: { description: "It is no longer good." } },
  run: async ({ call, params }, { keys }) => {
    await keys.delete(call, params.id ?? "");
    return noContent();
  },
});

export const keyRoutes: readonly NativeRoute[] = [create, all, remove];
