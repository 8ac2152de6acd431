import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { JsonSchema, Route } from "./contract.ts";
import type { RenderedResponse } from "./error.ts";
import type { DocumentedCall } from "./fixtures/calls/call.ts";
import { DOCUMENTED_CALLS } from "./fixtures/documented-calls.ts";
import { order, STORE } from "./fixtures/orders.ts";
import { CONTRACTS, contractNamed } from "./registry.ts";

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
addFormats.default(ajv);

const CONTEXT = { requestId: "req_w3x4y5z6", now: 0 };

/** A route whose operation the caller knows by its name alone. */
interface AnyRoute extends Pick<Route, "body" | "query" | "responses" | "operation"> {
  read(request: unknown): unknown;
  write(result: unknown, context: typeof CONTEXT): RenderedResponse;
}

function routeOf(contract: string, call: string): AnyRoute {
  const found = contractNamed(contract)?.routes.find(({ method, path }) => `${method} ${path}` === call);
  if (found === undefined) throw new Error(`${contract} has no ${call}`);
  return found as unknown as AnyRoute;
}

const accepts = (schema: JsonSchema | undefined, value: unknown): boolean =>
  schema === undefined ? value === undefined : ajv.validate(schema, value) === true;

const takes = (contract: string, call: string, body: unknown): boolean =>
  accepts(routeOf(contract, call).body, body);

describe("the documented calls", () => {
  it.each(DOCUMENTED_CALLS.map((call) => [`${call.contract} ${call.call}`, call] as const))(
    "%s is taken as the document sends it and answered as the document shows",
    (_title, call: DocumentedCall) => {
      const route = routeOf(call.contract, call.call);
      expect(route.operation).toBe(call.operation);
      if (call.body !== undefined) expect(accepts(route.body, call.body)).toBe(true);
      if (route.query !== undefined) expect(accepts(route.query, call.query ?? {})).toBe(true);
      const request = { params: call.params ?? {}, query: call.query ?? {}, body: call.body };
      expect(route.read(request)).toEqual(call.input);

      const { status, body } = route.write(call.result, CONTEXT);
      expect(status).toBe(call.status);
      expect(body).toStrictEqual(call.answer);
      const schema = route.responses[status]?.schema;
      if (body !== undefined) expect(accepts(schema, body), ajv.errorsText()).toBe(true);
    },
  );

  it("are all there are", () => {
    const documented = new Set(DOCUMENTED_CALLS.map(({ contract, call }) => `${contract} ${call}`));
    const routed = CONTRACTS.flatMap(({ name, routes }) =>
      routes.map(({ method, path }) => `${name} ${method} ${path}`),
    );
    expect(new Set(routed)).toEqual(documented);
    expect(routed).toHaveLength(documented.size);
  });

  it("ask for a scope that a key of their contract can have", () => {
    for (const { routes, scopes } of CONTRACTS)
      for (const { scope } of routes) if (scope !== null) expect(scopes).toContain(scope);
  });
});

/** Every schema within a schema. */
function* schemasIn(schema: unknown): Generator<JsonSchema> {
  if (typeof schema !== "object" || schema === null) return;
  yield schema as JsonSchema;
  for (const part of Object.values(schema)) yield* schemasIn(part);
}

describe("what a call takes", () => {
  it("says in words what its patterns ask for: a refusal quotes them", () => {
    const taken = CONTRACTS.flatMap(({ routes }) => routes.flatMap(({ body, query }) => [body, query]));
    const patterns = taken
      .flatMap((schema) => [...schemasIn(schema)])
      .filter(({ pattern }) => typeof pattern === "string");
    expect(patterns.length).toBeGreaterThan(0);
    for (const { description } of patterns) expect(description).toMatch(/^a /);
  });
});

describe("a subscription's body", () => {
  const good = { url: "https://example.com/x", events: ["order.created"], secret: "s".repeat(32) };

  it.each([
    ["ordeliya", "POST /webhooks"],
    ["olympus", "POST /v1/webhooks"],
  ])(
    "of %s needs a URL, events and a secret of their types, and may have fields unknown to us",
    (contract, call) => {
      expect(takes(contract, call, { ...good, description: "mine" })).toBe(true);
      for (const name of Object.keys(good)) {
        const { [name as keyof typeof good]: _dropped, ...rest } = good;
        expect(takes(contract, call, rest), name).toBe(false);
        expect(takes(contract, call, { ...good, [name]: 1 }), name).toBe(false);
        expect(takes(contract, call, { ...good, [name]: null }), name).toBe(false);
      }
      for (const bad of [{ events: [] }, { events: [1] }, { secret: "" }, { url: "" }])
        expect(takes(contract, call, { ...good, ...bad })).toBe(false);
      for (const body of [null, [], "x", 1]) expect(takes(contract, call, body)).toBe(false);
    },
  );

  it("of Ordeliya needs 32 characters of secret, and of Olympus 1", () => {
    const short = { ...good, secret: "s".repeat(31) };
    expect(takes("ordeliya", "POST /webhooks", short)).toBe(false);
    expect(takes("ordeliya", "PATCH /webhooks/:id", { secret: short.secret })).toBe(false);
    expect(takes("olympus", "POST /v1/webhooks", short)).toBe(true);
  });

  it("pauses and resumes in the contract's own word", () => {
    const request = { params: { id: "wh_1" }, query: {} };
    const ordeliya = routeOf("ordeliya", "PATCH /webhooks/:id");
    const paused = { endpoint: { id: "wh_1" }, changes: { isActive: false }, uniqueUrl: false };
    expect(ordeliya.read({ ...request, body: { isActive: false } })).toEqual(paused);
    const olympus = routeOf("olympus", "PATCH /v1/webhooks/:id");
    expect(olympus.read({ ...request, body: { status: "inactive" } })).toEqual(paused);
    expect(takes("ordeliya", "PATCH /webhooks/:id", { isActive: "false" })).toBe(false);
    expect(takes("olympus", "PATCH /v1/webhooks/:id", { status: "paused" })).toBe(false);
  });
});

describe("a page", () => {
  const call = "GET /webhooks/:id/deliveries";
  const limitOf = (limit: string) => {
    const route = routeOf("ordeliya", call);
    if (!accepts(route.query, { limit })) return null;
    return (route.read({ params: { id: "wh_1" }, query: { limit } }) as { limit: number }).limit;
  };

  it("of Ordeliya has 20 rows by default and 100 at most", () => {
    expect(routeOf("ordeliya", call).read({ params: { id: "wh_1" }, query: {} })).toMatchObject({
      limit: 20,
      page: 1,
    });
    expect(["1", "100", "101", "999999999"].map(limitOf)).toEqual([1, 100, 100, 100]);
  });

  it.each(["0", "-1", "1.5", "1e2", " 1", "", "abc", "9999999999", "0x10", "٣"])(
    "refuses a limit of %j",
    (limit) => {
      expect(limitOf(limit)).toBeNull();
    },
  );
});

describe("a test send", () => {
  it("of Olympus is of an event in its catalogue, or of its first where none is named", () => {
    const call = "POST /v1/webhooks/:id/test";
    for (const body of [null, {}, { event_type: null }, { event_type: "menu.price_changed" }]) {
      expect(takes("olympus", call, body)).toBe(true);
      const eventType = body?.event_type ?? null;
      expect(routeOf("olympus", call).read({ params: { id: "wh_1" }, query: {}, body })).toMatchObject({
        eventType,
      });
    }
    expect(takes("olympus", call, { event_type: "order.exploded" })).toBe(false);
  });

  it("of Ordeliya that failed says what went wrong", () => {
    const result = {
      delivered: false,
      eventId: "evt_test_1",
      statusCode: null,
      durationMs: 10_000,
      error: "timeout",
    };
    const { status, body } = routeOf("ordeliya", "POST /webhooks/:id/test").write(result, CONTEXT);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      data: {
        delivered: false,
        statusCode: null,
        responseTimeMs: 10_000,
        eventId: "evt_test_1",
        error: "timeout",
      },
    });
  });
});

describe("Sela's calls", () => {
  const action = routeOf("sela", "POST /api/v1/orders/action");
  const list = routeOf("sela", "GET /api/v1/orders");
  const body = { order_id: "ord_1", action: "approve" };

  it("know three actions and what has been done already", () => {
    const read = (name: string) => action.read({ params: {}, query: {}, body: { ...body, action: name } });
    expect(read("reject")).toMatchObject({ to: "rejected", settled: ["rejected"], posRef: null });
    expect(read("mark_arrived")).toMatchObject({ to: "completed", settled: ["completed"] });
    expect(accepts(action.body, { ...body, action: "cancel" })).toBe(false);
    expect(accepts(action.body, { action: "approve" })).toBe(false);
    expect(accepts(action.body, { ...body, external_order_id: 7 })).toBe(false);
  });

  it("filter by Sela's own statuses, and list the pending orders by default", () => {
    const statuses = (query: Record<string, string>) =>
      (list.read({ params: {}, query }) as { statuses: readonly string[] }).statuses;
    expect(statuses({})).toEqual(["pending"]);
    expect(statuses({ status: "all" })).toEqual([]);
    expect(statuses({ status: "approved" })).toEqual(["accepted", "preparing", "ready", "in_delivery"]);
    expect(statuses({ status: "arrived" })).toEqual(["completed"]);
    expect(statuses({ status: "failed" })).toEqual(["failed"]);
    for (const status of ["ready", "", "PENDING"]) expect(accepts(list.query, { status })).toBe(false);
  });

  it("carry the request's id in a header", () => {
    expect(action.write(order(), CONTEXT).headers).toEqual({ "x-sela-request-id": "req_w3x4y5z6" });
  });
});

describe("MiPOS' calls", () => {
  const accept = "POST /api/v1/integration/order/accept";
  const deny = "POST /api/v1/integration/order/deny";
  const body = { delivery_id: 0, store_id: "900", order_external_id: "ord_1" };

  it("take a platform as number or text, and nothing else", () => {
    for (const delivery_id of [0, 7, "7", "0"])
      expect(takes("mipos", accept, { ...body, delivery_id })).toBe(true);
    for (const delivery_id of [-1, 1.5, "", "x", "-1", null, [7]])
      expect(takes("mipos", accept, { ...body, delivery_id })).toBe(false);
  });

  it("ask for a message where an order is denied", () => {
    expect(takes("mipos", accept, body)).toBe(true);
    expect(takes("mipos", deny, body)).toBe(false);
    expect(takes("mipos", deny, { ...body, message: "" })).toBe(false);
    expect(takes("mipos", deny, { ...body, message: "Sold out" })).toBe(true);
  });

  it("list an order as its webhook shows it, and take back what it shows", () => {
    const contract = contractNamed("mipos");
    const data = order();
    const event = {
      id: "evt_1",
      type: "order.created",
      tenantId: "t",
      storeId: STORE.id,
      createdAt: data.createdAt,
      data,
    } as const;
    const webhook = JSON.parse(contract?.encode(event, STORE)?.body ?? "null");
    const page = { rows: [data], nextCursor: null, total: null, limit: 500, page: null, store: STORE };
    const listed = routeOf("mipos", "GET /api/v1/orders/:store_id").write(page, CONTEXT);
    expect(listed.body).toEqual({ message: "Orders.", data: [webhook] });

    const decision = {
      delivery_id: webhook.delivery_id,
      store_id: webhook.store_id,
      order_external_id: webhook.external_id,
    };
    expect(routeOf("mipos", accept).read({ params: {}, query: {}, body: decision })).toMatchObject({
      storeId: STORE.id,
      order: { deliveryId: "0", externalId: data.id },
    });
  });

  it("register for ORDER unless told MENU, and for nothing else", () => {
    const create = "POST /api/v1/integration/webhook/create";
    expect(takes("mipos", create, { url: "https://example.com", type: "MENU" })).toBe(true);
    expect(takes("mipos", create, { url: "https://example.com", type: "order" })).toBe(false);
  });
});
