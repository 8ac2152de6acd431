import { CANONICAL_EVENTS, canonicalDataSchema, type JsonSchema } from "@ticketrail/contracts";
import type { EventRecord } from "../../domain/event.ts";
import { isoTime } from "../../domain/id.ts";
import type { OrderEventInput } from "../../service/events.ts";
import { type EventData, isOrderEvent } from "./event-data.ts";
import { ORDER_EVENT_DATA, ORDER_EXAMPLE } from "./order-schemas.ts";
import { accepted, given, listed, type NativeRoute, ok, pageOf, route, timesOf } from "./route.ts";
import { fields, id, idText, list, listQuery, oneOf, page, text, time, view } from "./words.ts";

const EVENT = view("Event", {
  id: id("evt_"),
  type: oneOf([...CANONICAL_EVENTS, "test.ping"]),
  tenantId: { type: "string" },
  storeId: { type: "string" },
  subjectId: {
    type: "string",
    description: "What is delivered in order: the order's id, or the event's own.",
  },
  createdAt: time,
  data: { type: "object" },
});

const EVENT_TYPE = view("EventType", {
  type: oneOf(CANONICAL_EVENTS),
  contracts: {
    type: "object",
    description: "The names under which each contract sends it.",
    additionalProperties: list({ type: "string" }),
  },
});

const eventView = ({ createdAt, data, ...event }: EventRecord) => ({
  ...event,
  createdAt: isoTime(createdAt),
  data: JSON.parse(data),
});

interface Published {
  readonly storeId: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const { storeId: EXAMPLE_STORE, ...EXAMPLE_DATA } = ORDER_EXAMPLE;

const publishBody = (data: JsonSchema): JsonSchema =>
  fields({ storeId: idText, type: text(100), data }, ["storeId", "type", "data"]);

/** One for the orders' events, and one for each other event, under its name. */
const DATA_SCHEMAS: readonly JsonSchema[] = [
  ORDER_EVENT_DATA,
  ...CANONICAL_EVENTS.filter((type) => !isOrderEvent(type)).map((type) => ({
    ...canonicalDataSchema(type),
    title: type,
  })),
];

const publish = (eventData: EventData) =>
  route<Published>({
    method: "POST",
    path: "/v1/events",
    summary: "Publish an event",
    description:
      "For a platform that keeps its own record: the event is stored and delivered, and nothing else is changed. `type` is a canonical name, or a contract's own where it has one meaning. An order's event carries an order as `POST /v1/orders` takes it, plus the platform's own `id`, `status` and `createdAt`; what other events carry is under `GET /v1/event-types`.",
    needs: "events:write",
    body: publishBody({ type: "object" }),
    shownBody: publishBody({
      type: "object",
      description: "What the type carries. An order's event carries an order.",
      anyOf: DATA_SCHEMAS,
    }),
    example: { storeId: EXAMPLE_STORE, type: "order.created", data: { id: "ord-1042", ...EXAMPLE_DATA } },
    responses: {
      202: { description: "Accepted, durably.", schema: view(null, { id: id("evt_") }) },
    },
    run: async ({ call, body }, { events }) => {
      const type = eventData.typeOf(body.type);
      eventData.check(type, body.data);
      if (!isOrderEvent(type))
        return accepted(await events.publishRecord(call, body.storeId, type, body.data));
      // The order's schema has accepted it.
      const order = body.data as unknown as OrderEventInput;
      return accepted(await events.publishOrder(call, body.storeId, type, order));
    },
  });

const eventList = (eventData: EventData) =>
  route({
    method: "GET",
    path: "/v1/events",
    summary: "List events",
    needs: "orders:read",
    query: listQuery({ storeId: idText, type: text(100), since: time, until: time }),
    responses: { 200: { description: "Newest first.", schema: page(EVENT) } },
    run: async ({ call, query }, { events }) => {
      const type = query.type === undefined ? {} : { type: eventData.typeOf(query.type) };
      const filter = { ...pageOf(query), ...given(query, "storeId"), ...timesOf(query), ...type };
      return listed(await events.list(call, filter), eventView);
    },
  });

const get = route({
  method: "GET",
  path: "/v1/events/:id",
  summary: "Get an event",
  needs: "orders:read",
  responses: { 200: { description: "The event.", schema: EVENT } },
  run: async ({ call, params }, { events }) => ok(eventView(await events.get(call, params.id ?? ""))),
});

const types = route({
  method: "GET",
  path: "/v1/event-types",
  summary: "List event types",
  needs: "key",
  responses: { 200: { description: "All of them, on one page.", schema: page(EVENT_TYPE) } },
  run: async (_, { events }) => ok({ data: events.types(), nextCursor: null }),
});

export const eventRoutes = (eventData: EventData): readonly NativeRoute[] => [
  publish(eventData),
  eventList(eventData),
  get,
  types,
];
