import { DELIVERY_STATUSES, type DeliveryStatus } from "../../domain/delivery.ts";
import { isoTime } from "../../domain/id.ts";
import type { DeliveryWithCause } from "../../service/deliveries.ts";
import { accepted, given, listed, type NativeRoute, ok, pageOf, route, timesOf } from "./route.ts";
import { id, idText, list, listQuery, NOTHING, nullable, oneOf, page, text, time, view } from "./words.ts";

const CAUSES = [
  "delivered",
  "queued",
  "sending",
  "rate_limited",
  "endpoint_failing",
  "endpoint_paused",
  "endpoint_disabled",
  "endpoint_deleted",
  "attempts_exhausted",
  "refused_by_endpoint",
] as const;

export const DELIVERY = view("Delivery", {
  id: id("del_"),
  eventId: id("evt_"),
  eventType: { type: "string", description: "In the contract's own words." },
  endpointId: id("wh_"),
  storeId: { type: "string" },
  contract: { type: "string" },
  status: oneOf(DELIVERY_STATUSES),
  cause: oneOf(CAUSES, { description: "Why it has not arrived, in one word." }),
  nextAttemptAt: { ...nullable(time), description: "Null: not before somebody acts." },
  createdAt: time,
  deliveredAt: nullable(time),
  attempts: list(
    view("Attempt", {
      number: { type: "integer" },
      at: { ...time, description: "When it ended." },
      statusCode: { type: ["integer", "null"], description: "Null: no response." },
      error: { type: ["string", "null"], description: "The class of failure." },
      durationMs: { type: "number" },
    }),
  ),
});

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export const deliveryView = ({ delivery, cause, nextAttemptAt }: DeliveryWithCause) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  eventType: delivery.eventType,
  endpointId: delivery.endpointId,
  storeId: delivery.storeId,
  contract: delivery.contract,
  status: delivery.status,
  cause,
  nextAttemptAt: timeOrNull(nextAttemptAt),
  createdAt: isoTime(delivery.createdAt),
  deliveredAt: timeOrNull(delivery.deliveredAt),
  attempts: delivery.attempts.map(({ at, ...attempt }) => ({
    number: attempt.number,
    at: isoTime(at),
    statusCode: attempt.statusCode,
    error: attempt.error,
    durationMs: attempt.durationMs,
  })),
});

const FILTERS = {
  storeId: idText,
  endpointId: idText,
  eventId: idText,
  eventType: text(100),
  status: oneOf(DELIVERY_STATUSES),
  since: time,
  until: time,
} as const;

const listAll = route({
  method: "GET",
  path: "/v1/deliveries",
  summary: "List deliveries",
  needs: "webhooks:read",
  query: listQuery(FILTERS),
  responses: { 200: { description: "Newest first.", schema: page(DELIVERY) } },
  run: async ({ call, query }, { deliveries }) => {
    // The query's schema has accepted it as a status.
    const status = query.status === undefined ? {} : { status: query.status as DeliveryStatus };
    const names = given(query, "storeId", "endpointId", "eventId", "eventType");
    const filter = { ...pageOf(query), ...names, ...timesOf(query), ...status };
    return listed(await deliveries.list(call, filter), deliveryView);
  },
});

const get = route({
  method: "GET",
  path: "/v1/deliveries/:id",
  summary: "Get a delivery",
  needs: "webhooks:read",
  responses: { 200: { description: "The delivery, with its attempts.", schema: DELIVERY } },
  run: async ({ call, params }, { deliveries }) =>
    ok(deliveryView(await deliveries.get(call, params.id ?? ""))),
});

const replay = route({
  method: "POST",
  path: "/v1/deliveries/:id/replay",
  summary: "Send a delivery again, or without waiting for its retry",
  description:
    "Its retry table starts from the beginning; its attempts are kept. 409 while it is being sent, or was never tried.",
  needs: "webhooks:write",
  body: NOTHING,
  responses: { 202: { description: "It is queued.", schema: DELIVERY } },
  run: async ({ call, params }, { deliveries }) =>
    accepted(deliveryView(await deliveries.replay(call, params.id ?? ""))),
});

export const deliveryRoutes: readonly NativeRoute[] = [listAll, get, replay];
