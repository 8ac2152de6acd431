/** The sentences of the native API's description, one by one: orders, events, deliveries. */
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

describe("orders", () => {
  test('the same source again answers with the order that is there; 7 and "7" are one platform', async () => {
    const storeId = await rig.store();
    const body = (deliveryId: number | string) => ({
      storeId,
      ...ORDER,
      source: { deliveryId, externalId: "A-1" },
    });
    const first = await post("/v1/orders", body(7));
    const second = await post("/v1/orders", body("7"));
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect((await get(`/v1/orders?storeId=${storeId}`)).body.data).toHaveLength(1);
  });

  test("a transition answers with status, posRef, reason and version, and names what is allowed instead", async () => {
    const { id } = (await post("/v1/orders", { storeId: await rig.store(), ...ORDER })).body;
    const accepted = await post(`/v1/orders/${id}/transitions`, { to: "accepted", posRef: "menu-1" });
    expect(accepted.body).toMatchObject({ status: "accepted", posRef: "menu-1", reason: null, version: 2 });
    const again = await post(`/v1/orders/${id}/transitions`, { to: "accepted" });
    expect([again.status, again.body.version]).toEqual([200, 2]);
    const renamed = await post(`/v1/orders/${id}/transitions`, { to: "accepted", posRef: "menu-2" });
    expect(renamed.body).toMatchObject({ posRef: "menu-1", version: 2 });
    const impossible = await post(`/v1/orders/${id}/transitions`, { to: "rejected" });
    expect([impossible.status, impossible.body.code]).toEqual([409, "invalid_transition"]);
    expect(impossible.body.detail).toContain("preparing, ready, completed, cancelled, failed");
    const cancelled = await post(`/v1/orders/${id}/transitions`, { to: "cancelled", reason: "No dough" });
    expect(cancelled.body.reason).toBe("No dough");
    const { id: other } = (await post("/v1/orders", { storeId: await rig.store(), ...ORDER })).body;
    await post(`/v1/orders/${other}/transitions`, { to: "accepted", reason: "In 20 minutes" });
    const unsaid = await post(`/v1/orders/${other}/transitions`, { to: "cancelled" });
    expect(unsaid.body.reason).toBeNull();
    expect((await rig.ask("PATCH", `/v1/orders/${id}`, { body: { notes: "x" } })).status).toBe(409);
  });

  test("items, totals and notes are edited, and order.updated is published", async () => {
    const storeId = await rig.store();
    const { id } = (await post("/v1/orders", { storeId, ...ORDER })).body;
    const edited = await rig.ask("PATCH", `/v1/orders/${id}`, { body: { notes: "Ring twice" } });
    expect(edited.body).toMatchObject({ notes: "Ring twice", version: 2 });
    const { data } = (await get(`/v1/events?storeId=${storeId}`)).body;
    expect(data.map(({ type }: { type: string }) => type)).toEqual(["order.updated", "order.created"]);
    expect((await rig.ask("PATCH", `/v1/orders/${id}`, { body: {} })).status).toBe(422);
  });

  test("orders are listed by store and status", async () => {
    const storeId = await rig.store();
    const [one, two] = [
      (await post("/v1/orders", { storeId, ...ORDER })).body,
      (await post("/v1/orders", { storeId, ...ORDER })).body,
    ];
    await post(`/v1/orders/${one.id}/transitions`, { to: "accepted" });
    const ids = async (query: string) =>
      (await get(`/v1/orders?storeId=${storeId}${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await ids("")).toEqual([two.id, one.id]);
    expect(await ids("&status=accepted")).toEqual([one.id]);
  });

  test("two decisions at once both come out right", async () => {
    const { id } = (await post("/v1/orders", { storeId: await rig.store(), ...ORDER })).body;
    const move = (to: string) => post(`/v1/orders/${id}/transitions`, { to });
    const statuses = (await Promise.all([move("accepted"), move("rejected")])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409]);
  });
});

describe("events", () => {
  test.each(["9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00"])(
    "%s is no time that contracts can write",
    async (createdAt) => {
      const storeId = await rig.store();
      const reply = await post("/v1/events", {
        storeId,
        type: "order.created",
        data: { createdAt, ...ORDER },
      });
      expect([reply.status, reply.body.errors?.[0]?.field]).toEqual([422, "data.createdAt"]);
    },
  );

  test("a platform's own order goes out with the platform's own id, status and time, and no order is kept", async () => {
    const storeId = await rig.store();
    const { id: endpointId } = await endpoint(storeId);
    const data = { id: "ours-1", status: "accepted", createdAt: "2026-01-18T09:00:00+01:00", ...ORDER };
    const reply = await post("/v1/events", { storeId, type: "order.approved", data });
    expect([reply.status, Object.keys(reply.body)]).toEqual([202, ["id"]]);
    await tried(endpointId, 1);
    const sent = JSON.parse(rig.sent.at(-1)?.body ?? "{}");
    expect(sent).toMatchObject({ id: reply.body.id, type: "order.approved", storeId });
    expect(sent.data).toMatchObject({
      id: "ours-1",
      status: "accepted",
      createdAt: "2026-01-18T08:00:00.000Z",
    });
    expect((await get("/v1/orders/ours-1")).status).toBe(404);
    const event = (await get(`/v1/events/${reply.body.id}`)).body;
    expect(event).toMatchObject({ subjectId: "ours-1", type: "order.approved" });
  });

  test("a contract's own name is understood where it has one meaning", async () => {
    const storeId = await rig.store();
    const data = { amountMinor: 4_990, orderId: "ours-1" };
    const reply = await post("/v1/events", { storeId, type: "payment.processed", data });
    expect(reply.status).toBe(202);
    const event = (await get(`/v1/events/${reply.body.id}`)).body;
    expect(event).toMatchObject({ type: "payment.succeeded", subjectId: "ours-1", data });
  });

  test("an unknown type, and data that the type does not carry, are refused by name", async () => {
    const storeId = await rig.store();
    const field = async (type: string, data: object) =>
      (await post("/v1/events", { storeId, type, data })).body.errors[0].field;
    expect(await field("order.eaten", {})).toBe("type");
    expect(await field("order.created", { ...ORDER, tip: 1 })).toBe("data.tip");
    expect(await field("order.created", { ...ORDER, items: [] })).toBe("data.items");
    expect(await field("payment.succeeded", { orderId: "o" })).toBe("data.amountMinor");
  });

  test("the event types are listed with the names that each contract has for them", async () => {
    const { data, nextCursor } = (await get("/v1/event-types")).body;
    expect(nextCursor).toBeNull();
    const paid = data.find(({ type }: { type: string }) => type === "payment.succeeded");
    expect(paid.contracts).toMatchObject({ olympus: ["payment.processed"], ordeliya: ["payment.succeeded"] });
    expect(paid.contracts).not.toHaveProperty("sela");
  });

  test("events are listed by type and time", async () => {
    const storeId = await rig.store();
    await post("/v1/orders", { storeId, ...ORDER });
    const count = async (query: string) =>
      (await get(`/v1/events?storeId=${storeId}&${query}`)).body.data.length;
    expect(await count("type=order.created")).toBe(1);
    expect(await count("type=order.ready")).toBe(0);
    expect(await count("since=2026-01-18T10:00:00Z")).toBe(1);
    expect(await count("until=2026-01-18T09:59:59Z")).toBe(0);
  });
});

describe("deliveries and replays", () => {
  test("dead letters since an outage are counted first, then replayed by a job with progress", async () => {
    const storeId = await rig.store();
    const { id: endpointId } = await endpoint(storeId, { contract: "olympus" });
    rig.answerWith(() => ({ statusCode: 400, error: "http_status" as const }));
    for (let n = 0; n < 3; n++) await post("/v1/orders", { storeId, ...ORDER });
    await tried(endpointId, 3);
    rig.answerWith(() => ({}));
    const [dead] = (await get(`/v1/deliveries?endpointId=${endpointId}&status=dead_letter`)).body.data;
    expect(dead).toMatchObject({ cause: "refused_by_endpoint", nextAttemptAt: null });

    const range = { endpointId, since: "2026-01-18T09:00:00Z" };
    const counted = await post("/v1/replays", { ...range, dryRun: true });
    expect([counted.status, counted.body]).toEqual([200, { total: 3 }]);
    const job = await post("/v1/replays", range);
    expect(job.status).toBe(202);
    expect(job.body).toMatchObject({
      id: expect.stringMatching(/^rpl_/),
      endpointId,
      total: 3,
      status: "dead_letter",
    });
    expect((await post(`/v1/replays/${job.body.id}/pause`)).body.state).toBe("paused");
    expect((await post(`/v1/replays/${job.body.id}/resume`)).body.state).toBe("running");
    expect((await post(`/v1/replays/${job.body.id}/cancel`)).body.state).toBe("cancelled");
    expect((await post(`/v1/replays/${job.body.id}/resume`)).status).toBe(409);
    expect((await get(`/v1/replays/${job.body.id}`)).body.state).toBe("cancelled");
  });

  test("replays are listed, running and ended, and a key sees those of its own store", async () => {
    const storeId = await rig.store();
    const { id: endpointId } = await endpoint(storeId);
    const range = { endpointId, since: "2026-01-18T09:00:00Z" };
    const first = (await post("/v1/replays", range)).body;
    await post(`/v1/replays/${first.id}/cancel`);
    const second = (await post("/v1/replays", range)).body;
    await post(`/v1/replays/${second.id}/pause`);
    const listed = async (query: string, key?: string) =>
      (await rig.ask("GET", `/v1/replays?${query}`, key === undefined ? {} : { key })).body.data.map(
        ({ id }: { id: string }) => id,
      );
    expect(await listed(`endpointId=${endpointId}`)).toEqual([second.id, first.id]);
    expect(await listed(`storeId=${storeId}&state=paused`)).toEqual([second.id]);
    expect(await listed("limit=1")).toEqual([second.id]);
    expect(await listed("", await rig.key(storeId, "standard"))).toEqual([second.id, first.id]);
    const stranger = await rig.key(await rig.store(), "standard");
    expect(await listed(`endpointId=${endpointId}`, stranger)).toEqual([]);
    expect((await get(`/v1/replays/${first.id}`)).body).toMatchObject({ state: "cancelled" });
    expect((await get("/v1/replays?state=lost")).status).toBe(422);
  });

  test("one settled delivery is sent again; one under way is not", async () => {
    const storeId = await rig.store();
    const { id: endpointId } = await endpoint(storeId);
    await post("/v1/orders", { storeId, ...ORDER });
    await tried(endpointId, 1);
    const [delivery] = (await get(`/v1/deliveries?endpointId=${endpointId}`)).body.data;
    const before = rig.sent.length;
    const reply = await post(`/v1/deliveries/${delivery.id}/replay`);
    expect([reply.status, reply.body.id]).toEqual([202, delivery.id]);
    await until(() => rig.sent.length > before);
    await rig.ask("PATCH", `/v1/endpoints/${endpointId}`, { body: { state: "paused" } });
    await post("/v1/orders", { storeId, ...ORDER });
    const [waiting] = (await get(`/v1/deliveries?endpointId=${endpointId}&status=pending`)).body.data;
    expect((await post(`/v1/deliveries/${waiting.id}/replay`)).status).toBe(409);
  });

  test("first attempts beyond the plan's hour wait for the next one", async () => {
    const storeId = await rig.store();
    await endpoint(storeId, { url: "https://a.example.com/" });
    await endpoint(storeId, { url: "https://b.example.com/" });
    for (let n = 0; n < 251; n++) await post("/v1/orders", { storeId, ...ORDER });
    await until(async () => (await rig.driver.countDeliveries({ storeId })).delivered === 500);
    const { data } = (await get(`/v1/deliveries?storeId=${storeId}&status=pending`)).body;
    expect(data).toHaveLength(2);
    for (const one of data) {
      expect(one).toMatchObject({ cause: "rate_limited", nextAttemptAt: "2026-01-18T11:00:00.000Z" });
    }
  });

  test("a replay that ends before it begins is refused", async () => {
    const { id: endpointId } = await endpoint(await rig.store());
    const body = { endpointId, since: "2026-01-18T09:00:00Z", until: "2026-01-18T08:00:00Z" };
    expect((await post("/v1/replays", body)).body.errors[0].field).toBe("since");
  });
});
