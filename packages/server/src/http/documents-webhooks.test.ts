/** Each call that the four documents show, in their order, with the base URL and the key changed. */
import { beforeEach, describe, expect, test } from "vitest";
import { RECEIVER, type Reply, type Rig, startRig, until } from "./rig.test.ts";

let rig: Rig;
let storeId: string;
let key: string;
const ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Reply> =>
  rig.ask(method, path, { key, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) });

async function open(contract: string): Promise<void> {
  rig = await startRig();
  storeId = await rig.store({ currency: "DKK", externalId: "POS-1" });
  key = await rig.key(storeId, contract);
}

const ORDER = {
  displayNumber: "1042",
  customer: { name: "Ali", phone: "+964 1" },
  fulfilment: { type: "delivery", address: "Al Mansour" },
  items: [{ name: "Burger", quantity: 2, unitMinor: 1499 }],
  totals: { subtotalMinor: 2998, taxMinor: 255, totalMinor: 3253 },
};
const place = async (more: object = {}): Promise<string> =>
  (await rig.ask("POST", "/v1/orders", { body: { storeId, ...ORDER, ...more } })).body.id;

const failWith = (statusCode: number) =>
  rig.answerWith(() => ({ statusCode, error: "http_status" as const, durationMs: 12 }));
const settled = (count: number) =>
  until(async () => {
    const { rows } = await rig.driver.listDeliveries({ limit: 50, cursor: null }, rig.now());
    return rows.filter(({ attempts, leased }) => attempts.length > 0 && !leased).length >= count;
  });

describe("Olympus' document", () => {
  const hook = {
    url: RECEIVER,
    events: ["order.created", "order.updated", "order.completed", "payment.processed"],
    secret: "your-webhook-secret",
  };
  beforeEach(() => open("olympus"));

  test("a webhook is created, updated and deleted", async () => {
    const created = await ask("POST", "/olympus/v1/webhooks", hook);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^wh_/),
      url: RECEIVER,
      events: hook.events,
      status: "active",
      created_at: "2026-01-18T10:00:00Z",
    });
    const path = `/olympus/v1/webhooks/${created.body.id}`;
    const updated = await ask("PATCH", path, { events: ["order.created", "order.completed"] });
    expect(updated.body.events).toEqual(["order.created", "order.completed"]);
    const removed = await ask("DELETE", path);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expect((await ask("PATCH", path, { events: ["order.created"] })).status).toBe(404);
  });

  test("its PATCH is understood without a Content-Type, under curl's own, and under one that is none", async () => {
    const { id } = (await ask("POST", "/olympus/v1/webhooks", hook)).body;
    for (const type of [undefined, "application/x-www-form-urlencoded", ";;;"]) {
      const reply = await rig.ask("PATCH", `/olympus/v1/webhooks/${id}`, {
        key,
        raw: Buffer.from('{"url": "https://abc123.ngrok.io/webhooks/olympus"}'),
        headers: type === undefined ? {} : { "content-type": type },
      });
      expect([type, reply.status]).toEqual([type, 200]);
      expect(reply.body.url).toBe("https://abc123.ngrok.io/webhooks/olympus");
    }
  });

  test("a test sends a sample of the event that is asked for", async () => {
    const { id } = (await ask("POST", "/olympus/v1/webhooks", hook)).body;
    const reply = await ask("POST", `/olympus/v1/webhooks/${id}/test`, { event_type: "order.created" });
    expect(reply.status).toBe(200);
    expect(JSON.parse(rig.sent[0]?.body ?? "{}").type).toBe("order.created");
    const bare = await ask("POST", `/olympus/v1/webhooks/${id}/test`);
    expect(bare.status).toBe(200);
  });

  test("recent deliveries are listed with what came of them", async () => {
    const { id } = (await ask("POST", "/olympus/v1/webhooks", hook)).body;
    await place();
    await settled(1);
    failWith(500);
    await place();
    await settled(2);
    const reply = await ask("GET", `/olympus/v1/webhooks/${id}/deliveries`);
    expect(reply.body.data).toEqual([
      {
        id: expect.stringMatching(/^del_/),
        event_id: expect.stringMatching(/^evt_/),
        event_type: "order.created",
        status: "failed",
        response_code: 500,
        response_time_ms: 12,
        next_retry_at: "2026-01-18T10:01:00Z",
      },
      expect.objectContaining({
        status: "success",
        response_code: 200,
        delivered_at: "2026-01-18T10:00:00Z",
      }),
    ]);
  });
});

describe("Ordeliya's document", () => {
  const hook = {
    url: RECEIVER,
    events: ["order.created", "order.status_updated", "payment.succeeded"],
    secret: "whsec_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
  };
  const view = {
    id: expect.stringMatching(/^wh_/),
    url: RECEIVER,
    events: hook.events,
    isActive: true,
    createdAt: "2026-01-18T10:00:00.000Z",
    lastDeliveryAt: null,
    failureCount: 0,
  };
  beforeEach(() => open("ordeliya"));
  const create = async (): Promise<string> => (await ask("POST", "/ordeliya/webhooks", hook)).body.data.id;

  test("a subscription is registered, listed, changed, read and removed", async () => {
    const created = await ask("POST", "/ordeliya/webhooks", hook);
    expect([created.status, created.body]).toEqual([201, { success: true, data: view }]);
    const listed = await ask("GET", "/ordeliya/webhooks");
    expect(listed.body).toEqual({
      success: true,
      data: [view],
      meta: { total: 1, requestId: expect.stringMatching(/^req_/) },
    });
    const path = `/ordeliya/webhooks/${created.body.data.id}`;
    const events = [...hook.events, "order.cancelled", "payment.failed"];
    expect((await ask("PATCH", path, { events, isActive: true })).body.data).toEqual({ ...view, events });
    expect((await ask("PATCH", path, { isActive: false })).body.data.isActive).toBe(false);
    expect((await ask("GET", path)).body.data.isActive).toBe(false);
    const removed = await ask("DELETE", path);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expect((await ask("GET", path)).body.error.code).toBe("NOT_FOUND");
  });

  test("a test sends test.ping at once, and answers 200 also when the endpoint fails", async () => {
    const path = `/ordeliya/webhooks/${await create()}/test`;
    const good = await ask("POST", path);
    expect([good.status, good.body]).toEqual([
      200,
      {
        success: true,
        data: {
          delivered: true,
          statusCode: 200,
          responseTimeMs: 5,
          eventId: expect.stringMatching(/^evt_test_/),
        },
      },
    ]);
    expect(JSON.parse(rig.sent[0]?.body ?? "{}").type).toBe("test.ping");
    failWith(500);
    const bad = await ask("POST", path, undefined, { "content-type": "application/json" });
    expect(bad.status).toBe(200);
    expect(bad.body.data).toMatchObject({
      delivered: false,
      statusCode: 500,
      error: "Internal Server Error",
    });
  });

  test("delivery attempts are listed; a failed one becomes retrying when its next attempt falls due", async () => {
    const path = `/ordeliya/webhooks/${await create()}/deliveries?page=1&limit=20`;
    failWith(500);
    await place();
    await settled(1);
    const row = {
      id: expect.stringMatching(/^del_/),
      eventId: expect.stringMatching(/^evt_/),
      eventType: "order.created",
      status: "failed",
      statusCode: 500,
      responseTimeMs: 12,
      attemptNumber: 1,
      error: "Internal Server Error",
      nextRetryAt: "2026-01-18T10:00:30.000Z",
      deliveredAt: "2026-01-18T10:00:00.000Z",
    };
    const failed = await ask("GET", path);
    expect(failed.body).toEqual({
      success: true,
      data: [row],
      meta: { total: 1, page: 1, limit: 20, totalPages: 1 },
    });
    rig.advance(30_000);
    expect((await ask("GET", path)).body.data[0].status).toBe("retrying");
    expect((await ask("GET", path.replace("limit=20", "limit=500"))).body.meta.limit).toBe(100);
  });

  test("a secret of 20 characters, and an event nobody knows, are refused and nothing is registered", async () => {
    const short = await ask("POST", "/ordeliya/webhooks", { ...hook, secret: "x".repeat(20) });
    expect(short.status).toBe(400);
    expect(short.body).toMatchObject({ success: false, error: { code: "VALIDATION_ERROR" } });
    expect(short.body.error.details[0].field).toBe("secret");
    const unknown = await ask("POST", "/ordeliya/webhooks", { ...hook, events: ["order.eaten"] });
    expect(unknown.body.error.message).toContain("order.eaten");
    expect((await ask("GET", "/ordeliya/webhooks")).body.meta.total).toBe(0);
  });

  test("its health asks for no key", async () => {
    expect((await rig.ask("GET", "/ordeliya/health", { key: null })).status).toBe(200);
  });
});
