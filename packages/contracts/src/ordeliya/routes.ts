/** "Managing Webhooks" of the published document, and `GET /health`. */
import type { AttemptView, ContractLimits, EndpointView, Route } from "../contract.ts";
import {
  answers,
  changesOf,
  created,
  createInput,
  endpointById,
  endpointFields,
  noContent,
  numberedPage,
  ok,
  pageOf,
} from "../routes.ts";
import { boolean, object } from "../schema.ts";
import {
  attemptListAnswer,
  endpointAnswer,
  endpointListAnswer,
  healthAnswer,
  testAnswer,
} from "./answers.ts";

export const limits: ContractLimits = {
  pageDefault: 20,
  pageMax: 100,
  clampPage: true,
  anyMediaType: false,
};

/** "Min 32 characters". */
export const SECRET_MIN_LENGTH = 32;

const fields = endpointFields(SECRET_MIN_LENGTH);

const success = (data: unknown) => ({ success: true, data });

const webhook = (view: EndpointView) => ({
  id: view.id,
  url: view.url,
  events: view.events,
  isActive: view.isActive,
  createdAt: view.createdAt,
  lastDeliveryAt: view.lastDeliveryAt,
  failureCount: view.failureCount,
});

const create: Route = {
  method: "POST",
  path: "/webhooks",
  summary: "Register a new webhook subscription",
  scope: "webhooks:write",
  operation: "endpoint.create",
  body: object(fields),
  responses: answers(201, "The subscription.", endpointAnswer),
  read: createInput,
  write: (view) => created(success(webhook(view))),
};

const list: Route = {
  method: "GET",
  path: "/webhooks",
  summary: "List all webhook subscriptions for the current store",
  scope: "webhooks:read",
  operation: "endpoint.list",
  query: numberedPage,
  responses: answers(200, "The subscriptions.", endpointListAnswer),
  // "All" of them: the document pages deliveries, not subscriptions.
  read: ({ query }) => pageOf(query, limits, "number", limits.pageMax),
  write: (page, { requestId }) =>
    ok({
      ...success(page.rows.map(webhook)),
      meta: { total: page.total ?? page.rows.length, requestId },
    }),
};

const get: Route = {
  method: "GET",
  path: "/webhooks/:id",
  summary: "Get a single webhook subscription",
  scope: "webhooks:read",
  operation: "endpoint.get",
  responses: answers(200, "The subscription.", endpointAnswer),
  read: endpointById,
  write: (view) => ok(success(webhook(view))),
};

const update: Route = {
  method: "PATCH",
  path: "/webhooks/:id",
  summary: "Change the events, URL or secret, deactivate or resume",
  scope: "webhooks:write",
  operation: "endpoint.update",
  body: object({}, { ...fields, isActive: boolean }),
  responses: answers(200, "The subscription as it now is.", endpointAnswer),
  read: (request) => ({
    ...endpointById(request),
    changes: changesOf(request, request.body.isActive),
    uniqueUrl: false,
  }),
  write: (view) => ok(success(webhook(view))),
};

const remove: Route = {
  method: "DELETE",
  path: "/webhooks/:id",
  summary: "Permanently remove a webhook subscription",
  scope: "webhooks:write",
  operation: "endpoint.delete",
  responses: answers(204, "Removed; all pending deliveries for it are cancelled."),
  read: endpointById,
  write: noContent,
};

const test: Route = {
  method: "POST",
  path: "/webhooks/:id/test",
  summary: "Send a test.ping",
  scope: "webhooks:write",
  operation: "endpoint.test",
  responses: answers(200, "What the endpoint answered, also where it failed.", testAnswer),
  read: (request) => ({ ...endpointById(request), eventType: null }),
  write: (result) =>
    ok(
      success({
        delivered: result.delivered,
        statusCode: result.statusCode,
        responseTimeMs: result.durationMs,
        eventId: result.eventId,
        ...(result.error !== null && { error: result.error }),
      }),
    ),
};

const deliveries: Route = {
  method: "GET",
  path: "/webhooks/:id/deliveries",
  summary: "List delivery attempts",
  scope: "webhooks:read",
  operation: "attempt.list",
  query: numberedPage,
  responses: answers(200, "One page of attempts, newest first.", attemptListAnswer),
  read: (request) => ({ ...endpointById(request), ...pageOf(request.query, limits, "number") }),
  write: (page) => {
    const total = page.total ?? page.rows.length;
    return ok({
      ...success(page.rows.map(attempt)),
      meta: {
        total,
        page: page.page ?? 1,
        limit: page.limit,
        totalPages: Math.ceil(total / page.limit),
      },
    });
  },
};

const attempt = (view: AttemptView) => ({
  id: view.deliveryId,
  eventId: view.eventId,
  eventType: view.eventType,
  status: view.status,
  statusCode: view.statusCode,
  responseTimeMs: view.durationMs,
  attemptNumber: view.number,
  ...(view.error !== null && { error: view.error }),
  ...(view.nextAttemptAt !== null && { nextRetryAt: view.nextAttemptAt }),
  // On a failed row too, as the document has it: when the attempt was made.
  deliveredAt: view.at,
});

const health: Route = {
  method: "GET",
  path: "/health",
  summary: "Whether the API answers",
  scope: null,
  operation: "health",
  responses: answers(200, "It does.", healthAnswer),
  read: () => null,
  write: () => ok(success({ status: "ok" })),
};

export const routes: readonly Route[] = [create, list, get, update, remove, test, deliveries, health];
