/** docs/conformance.md, "Management APIs", MiPOS: changes and deletions are POSTs. */
import type { OrderStatus } from "../canonical.ts";
import type { ContractLimits, JsonSchema, Route, RouteOf, RouteRequest } from "../contract.ts";
import { answers, created, ok, wholeList } from "../routes.ts";
import { object, oneOf, string } from "../schema.ts";
import { statusesCalled } from "../status-table.ts";
import { MIPOS_STATUS, miposOrder } from "./encode.ts";
import { done, orderListAnswer, text, texts, tokenAnswer, webhookListAnswer } from "./schemas.ts";

export const limits: ContractLimits = {
  // Its lists have no pages: this is the most that one answer holds.
  pageDefault: 500,
  pageMax: 500,
  clampPage: true,
  anyMediaType: false,
};

const ACCEPTANCE_WINDOW_MS = 10 * 60_000;

const id = string({ minLength: 1, maxLength: 200 });
const url = string({ minLength: 1, maxLength: 2_048 });
// A platform's and a store's id are numbers to some of MiPOS' clients and text to others.
const idOrNumber: JsonSchema = { type: ["string", "integer"], minLength: 1, maxLength: 200, minimum: 0 };
const deliveryId: JsonSchema = {
  type: ["string", "integer"],
  pattern: "^[0-9]{1,16}$",
  minimum: 0,
  description: "a whole number of at most 16 digits",
};

const refreshToken: Route = {
  method: "POST",
  path: "/api/oauth/token/refresh",
  summary: "Get an access token",
  scope: null,
  operation: "token.refresh",
  body: object({
    client_id: idOrNumber,
    client_secret: id,
    grant_type: oneOf("refresh_token"),
    refresh_token: string({ minLength: 1, maxLength: 2_000 }),
  }),
  responses: answers(200, "A token; `expires_in` is the epoch second at which it ends.", tokenAnswer),
  read: ({ body }) => ({
    clientId: String(body.client_id),
    clientSecret: body.client_secret,
    refreshToken: body.refresh_token,
  }),
  write: ({ token, expiresAt }) =>
    ok({
      message: "Token refreshed successfully.",
      data: { token, token_type: "bearer", expires_in: String(Math.floor(expiresAt / 1_000)) },
    }),
};

const createWebhook: Route = {
  method: "POST",
  path: "/api/v1/integration/webhook/create",
  summary: "Register a webhook for ORDER or MENU",
  scope: "webhooks:write",
  operation: "endpoint.create",
  body: object({ url }, { type: oneOf("ORDER", "MENU") }),
  responses: {
    ...answers(201, "Registered.", done(text)),
    ...answers(409, "The URL is registered already.", done(texts)),
  },
  read: ({ body }) => ({ url: body.url, events: [body.type ?? "ORDER"], secret: null, uniqueUrl: true }),
  write: () => created({ message: "Webhook created successfully.", data: null }),
};

const updateWebhook: Route = {
  method: "POST",
  path: "/api/v1/integration/webhook/update",
  summary: "Move a webhook to another URL",
  scope: "webhooks:write",
  operation: "endpoint.update",
  body: object({ current_url: url, new_url: url }),
  responses: {
    ...answers(200, "Moved.", done(text)),
    ...answers(409, "The new URL is registered already.", done(texts)),
  },
  fieldNames: { url: "new_url" },
  read: ({ body }) => ({
    endpoint: { url: body.current_url },
    changes: { url: body.new_url },
    uniqueUrl: true,
  }),
  write: () => ok({ message: "Webhook updated successfully.", data: null }),
};

const deleteWebhook: Route = {
  method: "POST",
  path: "/api/v1/integration/webhook/delete",
  summary: "Remove a webhook",
  scope: "webhooks:write",
  operation: "endpoint.delete",
  body: object({ url }),
  responses: answers(200, "Removed.", done(text)),
  read: ({ body }) => ({ endpoint: { url: body.url } }),
  write: () => ok({ message: "Webhook deleted successfully.", data: null }),
};

const listWebhooks: Route = {
  method: "GET",
  path: "/api/v1/integration/webhooks",
  summary: "List the registered webhooks",
  scope: "webhooks:read",
  operation: "endpoint.list",
  responses: answers(200, "The URLs.", webhookListAnswer),
  read: () => wholeList(limits),
  write: (page) => ok(page.rows.map((endpoint) => ({ url: endpoint.url }))),
};

const listOrders: Route = {
  method: "GET",
  path: "/api/v1/orders/:store_id",
  summary: "List the last 10 minutes' orders that are neither accepted nor denied",
  scope: "orders:read",
  operation: "order.list",
  responses: answers(200, "The orders, as their webhooks show them.", orderListAnswer),
  read: ({ params }) => ({
    ...wholeList(limits),
    storeId: params.store_id ?? "",
    statuses: statusesCalled(MIPOS_STATUS, "not_acknowledged"),
    withinMs: ACCEPTANCE_WINDOW_MS,
  }),
  write: ({ rows, store }) => ok({ message: "Orders.", data: rows.map((order) => miposOrder(order, store)) }),
};

const decisionBody = object({ delivery_id: deliveryId, store_id: idOrNumber, order_external_id: id });

const decision = (to: OrderStatus, reason: (body: RouteRequest["body"]) => string | null) =>
  ({
    method: "POST",
    scope: "orders:write",
    operation: "order.act",
    responses: {
      ...answers(200, "Done; doing the same again changes nothing.", done(texts)),
      ...answers(409, "The order's state does not allow it.", done(texts)),
    },
    read: ({ body }) => ({
      storeId: String(body.store_id),
      // "07" and 7 are one platform; a number would not keep all of 16 digits.
      order: { deliveryId: String(BigInt(body.delivery_id)), externalId: body.order_external_id },
      to,
      settled: statusesCalled(MIPOS_STATUS, MIPOS_STATUS[to]),
      posRef: null,
      reason: reason(body),
    }),
    write: () => ok({ message: ["Operation completed successfully"], data: null }),
  }) satisfies Partial<RouteOf<"order.act">>;

const accept: Route = {
  ...decision("accepted", () => null),
  path: "/api/v1/integration/order/accept",
  summary: "Accept an order",
  body: decisionBody,
};

const deny: Route = {
  ...decision("rejected", (body) => body.message),
  path: "/api/v1/integration/order/deny",
  summary: "Deny an order, saying why",
  body: object({ ...decisionBody.properties, message: string({ minLength: 1, maxLength: 1_000 }) }),
};

export const routes: readonly Route[] = [
  refreshToken,
  createWebhook,
  updateWebhook,
  deleteWebhook,
  listWebhooks,
  listOrders,
  accept,
  deny,
];
