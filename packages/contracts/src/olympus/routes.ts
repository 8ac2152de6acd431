/** "Configuration" and "Testing" of the published document: bare bodies in snake case. */
import type { ContractLimits, DeliveryView, EndpointView, Route } from "../contract.ts";
import {
  answers,
  changesOf,
  created,
  createInput,
  cursorPage,
  endpointById,
  endpointFields,
  noContent,
  ok,
  pageOf,
} from "../routes.ts";
import { nullable, object, oneOf } from "../schema.ts";
import { wholeSeconds, wholeSecondsOrNull } from "../time.ts";
import { olympusCatalogue } from "./events.ts";
import { deliveryListAnswer, endpointAnswer, endpointListAnswer, testAnswer } from "./schemas.ts";

export const limits: ContractLimits = {
  pageDefault: 20,
  pageMax: 100,
  clampPage: true,
  // Its PATCH example sends JSON under curl's own Content-Type.
  anyMediaType: true,
};

const BASE = "/v1/webhooks";

// Its example secret has 19 characters.
const fields = endpointFields(1);

const EVENT_NAME = oneOf(...olympusCatalogue.events.map(({ name }) => name));

const webhook = (view: EndpointView) => ({
  id: view.id,
  url: view.url,
  events: view.events,
  status: view.isActive ? "active" : "inactive",
  created_at: wholeSeconds(view.createdAt),
});

const create: Route = {
  method: "POST",
  path: BASE,
  summary: "Create a webhook",
  scope: "webhooks:write",
  operation: "endpoint.create",
  body: object(fields),
  responses: answers(201, "The webhook.", endpointAnswer),
  read: createInput,
  write: (view) => created(webhook(view)),
};

const list: Route = {
  method: "GET",
  path: BASE,
  summary: "List webhooks",
  scope: "webhooks:read",
  operation: "endpoint.list",
  query: cursorPage,
  responses: answers(200, "One page of webhooks.", endpointListAnswer),
  read: ({ query }) => pageOf(query, limits, "cursor"),
  write: (page) => ok({ data: page.rows.map(webhook), next_cursor: page.nextCursor }),
};

const update: Route = {
  method: "PATCH",
  path: `${BASE}/:id`,
  summary: "Update a webhook",
  scope: "webhooks:write",
  operation: "endpoint.update",
  body: object({}, { ...fields, status: oneOf("active", "inactive") }),
  responses: answers(200, "The webhook as it now is.", endpointAnswer),
  read: (request) => ({
    ...endpointById(request),
    changes: changesOf(
      request,
      request.body.status === undefined ? undefined : request.body.status === "active",
    ),
    uniqueUrl: false,
  }),
  write: (view) => ok(webhook(view)),
};

const remove: Route = {
  method: "DELETE",
  path: `${BASE}/:id`,
  summary: "Delete a webhook",
  scope: "webhooks:write",
  operation: "endpoint.delete",
  responses: answers(204, "Deleted; what was still to be delivered to it is cancelled."),
  read: endpointById,
  write: noContent,
};

const test: Route = {
  method: "POST",
  path: `${BASE}/:id/test`,
  summary: "Send a test webhook",
  scope: "webhooks:write",
  operation: "endpoint.test",
  // Without a body, the catalogue's first event.
  body: nullable(object({}, { event_type: nullable(EVENT_NAME) })),
  responses: answers(200, "What the endpoint answered, as a row of the log.", testAnswer),
  read: (request) => ({ ...endpointById(request), eventType: request.body?.event_type ?? null }),
  write: (result) =>
    ok({
      id: result.deliveryId,
      event_id: result.eventId,
      event_type: result.eventType,
      status: result.delivered ? "success" : "failed",
      response_code: result.statusCode,
      response_time_ms: result.durationMs,
      ...(result.error !== null && { error: result.error }),
    }),
};

const deliveries: Route = {
  method: "GET",
  path: `${BASE}/:id/deliveries`,
  summary: "List recent deliveries",
  scope: "webhooks:read",
  operation: "delivery.list",
  query: cursorPage,
  responses: answers(200, "One page of deliveries, newest first.", deliveryListAnswer),
  read: (request) => ({ ...endpointById(request), ...pageOf(request.query, limits, "cursor") }),
  write: (page) =>
    ok({
      data: page.rows.map(delivery),
      // The document's answer has no cursor, so one is there only where there is more.
      ...(page.nextCursor !== null && { next_cursor: page.nextCursor }),
    }),
};

function delivery(view: DeliveryView) {
  const deliveredAt = wholeSecondsOrNull(view.deliveredAt);
  const nextRetryAt = wholeSecondsOrNull(view.nextAttemptAt);
  return {
    id: view.id,
    event_id: view.eventId,
    event_type: view.eventType,
    status: view.status,
    response_code: view.statusCode,
    response_time_ms: view.durationMs,
    ...(deliveredAt !== null && { delivered_at: deliveredAt }),
    ...(nextRetryAt !== null && { next_retry_at: nextRetryAt }),
  };
}

export const routes: readonly Route[] = [create, list, update, remove, test, deliveries];
