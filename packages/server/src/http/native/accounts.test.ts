/** The sentences of the native API's description, one by one: stores, keys, endpoints. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ORDER, openRig, RECEIVER, type Rig, until } from "../rig.test.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const post = (path: string, body?: unknown, key?: string) =>
  rig.ask("POST", path, { ...(body === undefined ? {} : { body }), ...(key === undefined ? {} : { key }) });
const get = (path: string, key?: string) => rig.ask("GET", path, key === undefined ? {} : { key });

const endpoint = async (storeId: string, more: object = {}) =>
  (
    await post("/v1/endpoints", {
      storeId,
      contract: "standard",
      url: RECEIVER,
      events: ["order.*"],
      ...more,
    })
  ).body;
const tried = (endpointId: string, count: number) =>
  until(async () => {
    const { rows } = await rig.driver.listDeliveries({ endpointId, limit: 100, cursor: null }, rig.now());
    return rows.filter(({ attempts }) => attempts.length > 0).length >= count;
  });

describe("stores", () => {
  test("a store is made with what it was given, and defaults for the rest", async () => {
    const reply = await post("/v1/stores", { name: "Sushi", currency: "JPY", timezone: "Asia/Tokyo" });
    expect(reply.status).toBe(201);
    expect(reply.headers["x-request-id"]).toMatch(/^req_/);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^store_/),
      tenantId: expect.stringMatching(/^ten_/),
      externalId: null,
      name: "Sushi",
      currency: "JPY",
      exponent: 0,
      timezone: "Asia/Tokyo",
      plan: "starter",
      acceptWithinMinutes: 10,
      createdAt: "2026-01-18T10:00:00.000Z",
    });
  });

  test("an amount's point stands where ISO 4217 puts it", async () => {
    for (const [currency, exponent] of Object.entries({ IQD: 3, HUF: 2, EUR: 2, KRW: 0 })) {
      const reply = await post("/v1/stores", { name: "N", currency, timezone: "UTC" });
      expect([currency, reply.body.exponent]).toEqual([currency, exponent]);
    }
  });

  test("a plan is changed, and the change is in the audit trail", async () => {
    const id = await rig.store({ plan: "starter" });
    expect((await rig.ask("PATCH", `/v1/stores/${id}`, { body: { plan: "enterprise" } })).body.plan).toBe(
      "enterprise",
    );
    expect((await get(`/v1/stores/${id}`)).body.plan).toBe("enterprise");
    const { data } = (await get(`/v1/audit?storeId=${id}`)).body;
    expect(data.map((row: { action: string; actor: string }) => [row.action, row.actor])).toEqual([
      ["store.update", "operator"],
      ["store.create", "operator"],
    ]);
  });

  test("lists go page by page to their end", async () => {
    const first = (await get("/v1/stores?limit=2")).body;
    expect(first.data).toHaveLength(2);
    const second = (await get(`/v1/stores?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second.data[0].id).not.toBe(first.data[1].id);
    expect((await get("/v1/stores?limit=100")).body.nextCursor).toBeNull();
  });
});

describe("keys", () => {
  test.each([
    ["sela", "sk_live_"],
    ["ordeliya", "ord_live_sk_"],
    ["standard", "tr_live_"],
  ])("a key of %s begins with %s", async (contract, prefix) => {
    const reply = await post("/v1/keys", { storeId: await rig.store(), contract });
    expect(reply.status).toBe(201);
    expect(reply.body.key).toMatch(new RegExp(`^${prefix}[0-9a-f]{32}$`));
    expect(reply.body).not.toHaveProperty("clientSecret");
  });

  test("a MiPOS key comes with its client's credentials and a webhook secret", async () => {
    const { body } = await post("/v1/keys", { storeId: await rig.store(), contract: "mipos" });
    for (const name of ["clientId", "clientSecret", "refreshToken", "webhookSecret"]) {
      expect(body[name].length).toBeGreaterThan(20);
    }
  });

  test("scopes that the contract does not have are refused", async () => {
    const reply = await post("/v1/keys", {
      storeId: await rig.store(),
      contract: "sela",
      scopes: ["stores:read"],
    });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, "scopes"]);
  });

  test("keys are listed by store and contract, told apart by their ends, and never shown", async () => {
    const storeId = await rig.store();
    const sela = (await post("/v1/keys", { storeId, contract: "sela", scopes: ["orders:read"] })).body;
    const mipos = (await post("/v1/keys", { storeId, contract: "mipos" })).body;
    const all = await get(`/v1/keys?storeId=${storeId}`);
    expect(all.body.nextCursor).toBeNull();
    expect(all.body.data.map(({ id }: { id: string }) => id)).toEqual([mipos.id, sela.id]);
    for (const secret of ["key", "clientSecret", "refreshToken", "webhookSecret"]) {
      expect(all.text).not.toContain(mipos[secret]);
    }
    expect((await get(`/v1/keys?storeId=${storeId}&contract=sela`)).body.data).toEqual([
      {
        id: sela.id,
        storeId,
        contract: "sela",
        scopes: ["orders:read"],
        prefix: "sk_live_",
        lastFour: sela.key.slice(-4),
        createdAt: new Date(rig.now()).toISOString(),
      },
    ]);
    const standard = (await post("/v1/keys", { storeId, contract: "standard" })).body;
    expect((await get("/v1/keys", standard.key)).status).toBe(403);
    const [newest] = (await get("/v1/keys?limit=1")).body.data;
    expect(newest.id).toBe(standard.id);
  });

  test("a revoked key is refused at once, although it was in use", async () => {
    const storeId = await rig.store();
    const made = (await post("/v1/keys", { storeId, contract: "standard" })).body;
    expect((await get(`/v1/stores/${storeId}`, made.key)).status).toBe(200);
    expect((await rig.ask("DELETE", `/v1/keys/${made.id}`)).status).toBe(204);
    expect((await get(`/v1/stores/${storeId}`, made.key)).status).toBe(401);
    expect((await rig.ask("DELETE", `/v1/keys/${made.id}`)).status).toBe(404);
  });
});

describe("endpoints", () => {
  test("an endpoint is registered in any contract, and its secret is shown once", async () => {
    const storeId = await rig.store();
    const made = await endpoint(storeId, { contract: "olympus", headers: { "X-Kitchen": "1" } });
    expect(made).toMatchObject({ contract: "olympus", state: "active", headers: { "x-kitchen": "1" } });
    expect(made.secret.length).toBeGreaterThan(20);
    expect((await get(`/v1/endpoints/${made.id}`)).body).not.toHaveProperty("secret");
  });

  test("its own headers are sealed in the store, shown as they were given, and sent", async () => {
    const storeId = await rig.store();
    const { id } = await endpoint(storeId, { headers: { Authorization: "Bearer t0ken-1" } });
    const stored = async () => (await rig.driver.getEndpoint(id))?.endpoint;
    expect(Object.keys((await stored())?.headers ?? {})).toEqual(["authorization"]);
    expect(JSON.stringify(await stored())).not.toContain("t0ken-1");
    expect((await get(`/v1/endpoints/${id}`)).body.headers).toEqual({ authorization: "Bearer t0ken-1" });
    const headers = { Authorization: "Bearer t0ken-2" };
    const changed = await rig.ask("PATCH", `/v1/endpoints/${id}`, { body: { headers } });
    expect(changed.body.headers).toEqual({ authorization: "Bearer t0ken-2" });
    expect(JSON.stringify(await stored())).not.toContain("t0ken-2");
    await post("/v1/orders", { storeId, ...ORDER });
    await tried(id, 1);
    expect(rig.sent.at(-1)?.headers.authorization).toBe("Bearer t0ken-2");
  });

  test("headers that an earlier release stored in the clear are shown and sent", async () => {
    const storeId = await rig.store();
    const { id } = await endpoint(storeId);
    const found = await rig.driver.getEndpoint(id);
    const version = found?.endpoint.version ?? 0;
    const audit = { id: "aud_1", at: 0, actor: "operator", action: "test", storeId, targetId: id };
    await rig.driver.updateEndpoint(id, version, { headers: { "x-old": "v1.plain" } }, false, audit);
    expect((await get(`/v1/endpoints/${id}`)).body.headers).toEqual({ "x-old": "v1.plain" });
    await rig.ask("PATCH", `/v1/endpoints/${id}`, { body: { state: "active" } });
    await post("/v1/orders", { storeId, ...ORDER });
    await tried(id, 1);
    expect(rig.sent.at(-1)?.headers["x-old"]).toBe("v1.plain");
  });

  test("a host name that does not resolve yet is accepted", async () => {
    const made = await endpoint(await rig.store(), { url: "https://not-there-yet.example.net/" });
    expect(made.state).toBe("active");
  });

  test("a paused endpoint keeps its queue, and delivers it when it is resumed", async () => {
    const storeId = await rig.store();
    const { id } = await endpoint(storeId);
    const paused = await rig.ask("PATCH", `/v1/endpoints/${id}`, { body: { state: "paused" } });
    expect(paused.body.state).toBe("paused");
    await post("/v1/orders", { storeId, ...ORDER });
    const [waiting] = (await get(`/v1/deliveries?endpointId=${id}`)).body.data;
    expect(waiting).toMatchObject({ status: "pending", cause: "endpoint_paused", nextAttemptAt: null });
    await rig.ask("PATCH", `/v1/endpoints/${id}`, { body: { state: "active" } });
    await tried(id, 1);
    expect((await get(`/v1/deliveries/${waiting.id}`)).body).toMatchObject({
      status: "delivered",
      cause: "delivered",
      attempts: [{ number: 1, statusCode: 200, error: null, at: expect.any(String), durationMs: 5 }],
    });
  });

  test("a new secret replaces the old one; where the contract signs with both, the old one counts for 24 hours", async () => {
    const storeId = await rig.store();
    const overlapping = await endpoint(storeId);
    const rotated = await post(`/v1/endpoints/${overlapping.id}/secret`);
    expect([rotated.status, Object.keys(rotated.body)]).toEqual([200, ["secret"]]);
    const secrets = async (id: string) =>
      (await rig.driver.getEndpoint(id))?.endpoint.secrets.map((s) => s.expiresAt);
    expect(await secrets(overlapping.id)).toEqual([null, rig.now() + 86_400_000]);
    // Back to the one that still overlaps: two secrets, not one of them twice.
    await post(`/v1/endpoints/${overlapping.id}/secret`, { secret: overlapping.secret });
    expect(await secrets(overlapping.id)).toEqual([null, rig.now() + 86_400_000]);
    const single = await endpoint(storeId, { contract: "olympus" });
    const secret = "another-secret";
    expect((await post(`/v1/endpoints/${single.id}/secret`, { secret })).body).toEqual({ secret });
    expect(await secrets(single.id)).toEqual([null]);
  });

  test("a test send answers with what came of it, and counts for nothing", async () => {
    const { id } = await endpoint(await rig.store(), { contract: "ordeliya" });
    const reply = await post(`/v1/endpoints/${id}/test`);
    expect(reply.body).toMatchObject({
      delivered: true,
      eventType: "test.ping",
      statusCode: 200,
      error: null,
    });
    expect((await get(`/v1/endpoints/${id}/health`)).body).toMatchObject({ attempts: 0, successRate: null });
    const unknown = await post(`/v1/endpoints/${id}/test`, { eventType: "order.eaten" });
    expect(unknown.status).toBe(422);
  });

  test("its health tells of the last 24 hours", async () => {
    const storeId = await rig.store();
    const { id } = await endpoint(storeId);
    await post("/v1/orders", { storeId, ...ORDER });
    await tried(id, 1);
    expect((await get(`/v1/endpoints/${id}/health`)).body).toMatchObject({
      endpointId: id,
      state: "active",
      succeeded: 1,
      failed: 0,
      successRate: 1,
      averageMs: 5,
      failingSince: null,
      consecutiveFailures: 0,
      pending: 0,
      deadLetters: 0,
    });
  });

  test("a deleted endpoint is gone", async () => {
    const { id } = await endpoint(await rig.store());
    expect((await rig.ask("DELETE", `/v1/endpoints/${id}`)).status).toBe(204);
    for (const path of [`/v1/endpoints/${id}`, `/v1/endpoints/${id}/health`])
      expect((await get(path)).status).toBe(404);
    expect((await rig.ask("DELETE", `/v1/endpoints/${id}`)).status).toBe(404);
  });
});
