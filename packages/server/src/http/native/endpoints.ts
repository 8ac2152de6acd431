import type { Endpoint } from "../../domain/endpoint.ts";
import { isoTime } from "../../domain/id.ts";
import type { EndpointEdit, EndpointInput, Endpoints } from "../../service/endpoints.ts";
import type { EndpointHealth, EndpointWithRecord } from "../../store/driver.ts";
import { created, given, listed, type NativeRoute, noContent, ok, pageOf, route } from "./route.ts";
import { fields, id, idText, list, listQuery, nullable, oneOf, page, text, time, view } from "./words.ts";

const STATES = ["active", "paused", "disabled"] as const;
const HEADERS = {
  type: "object",
  additionalProperties: { type: "string", maxLength: 1_000 },
  maxProperties: 20,
  description: "Sent on every delivery, beside the contract's own.",
} as const;
const URL_FIELD = text(2_048, {
  description: "Must use https; plain http reaches this machine in development.",
});
const EVENTS = list(text(100), {
  minItems: 1,
  maxItems: 100,
  description: "In the contract's own names; `order.*` and `*` are understood.",
});
const SECRET = text(256, { description: "As the contract asks for it; one is made if left out." });
const ENCODING = oneOf(["hex", "base64"], {
  description: "Of the signature, where the contract has a choice.",
});

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

const viewOf =
  (endpoints: Endpoints) =>
  ({ endpoint, record }: EndpointWithRecord) => ({
    id: endpoint.id,
    storeId: endpoint.storeId,
    contract: endpoint.contract,
    url: endpoint.url,
    events: endpoint.events,
    headers: endpoints.headersOf(endpoint),
    encoding: endpoint.encoding,
    state: endpoint.state,
    disabledReason: endpoint.disabledReason,
    createdAt: isoTime(endpoint.createdAt),
    lastDeliveryAt: timeOrNull(record.lastSuccessAt),
    failingSince: timeOrNull(record.failingSince),
    consecutiveFailures: record.consecutiveFailures,
  });

const PROPERTIES = {
  id: id("wh_"),
  storeId: { type: "string" },
  contract: { type: "string" },
  url: { type: "string" },
  events: list({ type: "string" }),
  headers: { type: "object", additionalProperties: { type: "string" } },
  encoding: oneOf(["hex", "base64"]),
  state: oneOf(STATES, {
    description:
      "`paused` by its owner; `disabled` by the hub, after a 410 or seven days of failure. Either keeps its queue.",
  }),
  disabledReason: { type: ["string", "null"] },
  createdAt: time,
  lastDeliveryAt: { ...nullable(time), description: "The last success." },
  failingSince: { ...nullable(time), description: "The first failure since the last success." },
  consecutiveFailures: { type: "integer" },
} as const;
const ENDPOINT = view("Endpoint", PROPERTIES);
const MADE = view("NewEndpoint", {
  ...PROPERTIES,
  secret: { type: "string", description: "Shown this once." },
});

const healthView = (endpoint: Endpoint, health: EndpointHealth) => {
  const attempts = health.succeeded + health.failed;
  return {
    endpointId: endpoint.id,
    state: endpoint.state,
    disabledReason: endpoint.disabledReason,
    attempts,
    succeeded: health.succeeded,
    failed: health.failed,
    successRate: attempts === 0 ? null : health.succeeded / attempts,
    averageMs: health.averageMs,
    p50Ms: health.p50Ms,
    p95Ms: health.p95Ms,
    consecutiveFailures: health.record.consecutiveFailures,
    failingSince: timeOrNull(health.record.failingSince),
    lastSuccessAt: timeOrNull(health.record.lastSuccessAt),
    lastFailureAt: timeOrNull(health.record.lastFailureAt),
    pending: health.pending,
    deadLetters: health.deadLetters,
  };
};

const count = { type: "integer" } as const;
const milliseconds = { type: ["number", "null"] } as const;
const HEALTH = view("EndpointHealth", {
  endpointId: id("wh_"),
  state: PROPERTIES.state,
  disabledReason: PROPERTIES.disabledReason,
  attempts: { ...count, description: "Of the last 24 hours, like the figures that follow." },
  succeeded: count,
  failed: count,
  successRate: { type: ["number", "null"], description: "From 0 to 1; null without attempts." },
  averageMs: milliseconds,
  p50Ms: { ...milliseconds, description: "Within 20 % of the truth, like `p95Ms`." },
  p95Ms: milliseconds,
  consecutiveFailures: count,
  failingSince: nullable(time),
  lastSuccessAt: nullable(time),
  lastFailureAt: nullable(time),
  pending: { ...count, description: "Deliveries that wait now." },
  deadLetters: { ...count, description: "Deliveries that were given up." },
});

const TEST = view("TestResult", {
  delivered: { type: "boolean" },
  eventId: id("evt_test_"),
  eventType: { type: "string" },
  deliveryId: id("del_"),
  statusCode: { type: ["integer", "null"] },
  durationMs: { type: "number" },
  error: { type: ["string", "null"] },
});

const create = route<Omit<EndpointInput, "uniqueUrl" | "secret"> & { readonly secret?: string }>({
  method: "POST",
  path: "/v1/endpoints",
  summary: "Register an endpoint",
  description:
    "A subscription's address, in any of the contracts. A name that does not resolve yet is accepted.",
  needs: "webhooks:write",
  body: fields(
    {
      storeId: idText,
      contract: text(50),
      url: URL_FIELD,
      events: EVENTS,
      secret: SECRET,
      headers: HEADERS,
      encoding: ENCODING,
    },
    ["storeId", "contract", "url", "events"],
  ),
  example: {
    storeId: "store_01jh8xk3v5n7q2",
    contract: "standard",
    url: "https://kitchen.example.com/hooks",
    events: ["order.*"],
  },
  responses: { 201: { description: "The endpoint, with its secret.", schema: MADE } },
  run: async ({ call, body }, { endpoints }) => {
    const input = { ...body, secret: body.secret ?? null, uniqueUrl: false };
    const { endpoint, secret } = await endpoints.create(call, input);
    return created({ ...viewOf(endpoints)(endpoint), secret });
  },
});

const listAll = route({
  method: "GET",
  path: "/v1/endpoints",
  summary: "List endpoints",
  needs: "webhooks:read",
  query: listQuery({ storeId: idText, contract: text(50) }),
  responses: { 200: { description: "Newest first.", schema: page(ENDPOINT) } },
  run: async ({ call, query }, { endpoints }) =>
    listed(
      await endpoints.list(call, { ...pageOf(query), ...given(query, "storeId", "contract") }),
      viewOf(endpoints),
    ),
});

const get = route({
  method: "GET",
  path: "/v1/endpoints/:id",
  summary: "Get an endpoint",
  needs: "webhooks:read",
  responses: { 200: { description: "The endpoint.", schema: ENDPOINT } },
  run: async ({ call, params }, { endpoints }) =>
    ok(viewOf(endpoints)(await endpoints.get(call, params.id ?? ""))),
});

const update = route<Omit<EndpointEdit, "secret">>({
  method: "PATCH",
  path: "/v1/endpoints/:id",
  summary: "Change, pause or resume an endpoint",
  description:
    "`state: paused` keeps the queue; `state: active` delivers it, paced, and resumes a disabled endpoint too.",
  needs: "webhooks:write",
  body: fields(
    {
      url: URL_FIELD,
      events: EVENTS,
      headers: HEADERS,
      encoding: ENCODING,
      state: oneOf(["active", "paused"]),
    },
    [],
    { minProperties: 1 },
  ),
  example: { state: "paused" },
  responses: { 200: { description: "The endpoint as it now is.", schema: ENDPOINT } },
  run: async ({ call, params, body }, { endpoints }) => {
    const found = await endpoints.get(call, params.id ?? "");
    return ok(viewOf(endpoints)(await endpoints.update(call, found, body, false)));
  },
});

const remove = route({
  method: "DELETE",
  path: "/v1/endpoints/:id",
  summary: "Remove an endpoint",
  needs: "webhooks:write",
  responses: { 204: { description: "It is gone; what was still to be delivered to it is cancelled." } },
  run: async ({ call, params }, { endpoints }) => {
    await endpoints.delete(call, await endpoints.get(call, params.id ?? ""));
    return noContent();
  },
});

const test = route<{ readonly eventType?: string }>({
  method: "POST",
  path: "/v1/endpoints/:id/test",
  summary: "Send a sample at once",
  description: "One attempt, listed among the deliveries, and counting for nothing.",
  needs: "webhooks:write",
  body: fields(
    { eventType: text(100, { description: "One of the contract's own names; its own choice if left out." }) },
    [],
  ),
  example: {},
  responses: { 200: { description: "What the endpoint answered, also where it failed.", schema: TEST } },
  run: async ({ call, params, body }, { endpoints }) => {
    const found = await endpoints.get(call, params.id ?? "");
    return ok(await endpoints.test(call, found, body.eventType ?? null));
  },
});

const rotate = route<{ readonly secret?: string }>({
  method: "POST",
  path: "/v1/endpoints/:id/secret",
  summary: "Set a new secret",
  description:
    "It takes effect at once, for retries too. `standard` signs with the old one as well for 24 hours; the vendors' contracts have no such overlap.",
  needs: "webhooks:write",
  body: fields({ secret: SECRET }, []),
  example: {},
  responses: {
    200: { description: "The secret, shown this once.", schema: view(null, { secret: { type: "string" } }) },
  },
  run: async ({ call, params, body }, { endpoints }) =>
    ok({ secret: await endpoints.rotate(call, params.id ?? "", body.secret ?? null) }),
});

const health = route({
  method: "GET",
  path: "/v1/endpoints/:id/health",
  summary: "See how an endpoint is doing",
  needs: "webhooks:read",
  responses: { 200: { description: "The last 24 hours, and the queue now.", schema: HEALTH } },
  run: async ({ call, params }, { endpoints }) => {
    const found = await endpoints.health(call, params.id ?? "");
    return ok(healthView(found.endpoint, found.health));
  },
});

export const endpointRoutes: readonly NativeRoute[] = [
  create,
  listAll,
  get,
  update,
  remove,
  test,
  rotate,
  health,
];
