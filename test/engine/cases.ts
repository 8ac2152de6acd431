import { createHmac } from "node:crypto";
import { CONTRACTS, contractNamed } from "@ticketrail/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createOrder } from "../../packages/server/src/domain/order.ts";
import { HOUR, OK, type Rig, START, status, vault } from "./rig.ts";

/** What the engine does, on any store. */
export function engineCases(open: () => Promise<Rig>): void {
  let rig: Rig;
  beforeEach(async () => {
    rig = await open();
  });
  afterEach(() => rig.remove());

  const DAY = 24 * HOUR;

  test.each(CONTRACTS.map(({ name }) => name))(
    "%s: a failing delivery is tried at the published times, and ends as a dead letter",
    async (name) => {
      await rig.undisturbed();
      const store = await rig.store();
      const endpoint = await rig.endpoint(store, name);
      rig.answer = () => status(500);
      await rig.publish(store);
      const delays = contractNamed(name)?.retry.delaysMs ?? [];
      await rig.pass(delays.reduce((sum, delay) => sum + delay, 0) + 2 * HOUR);
      const gaps = rig.sent.slice(1).map(({ at }, index) => at - (rig.sent[index]?.at ?? 0));
      expect(gaps).toEqual(delays);
      expect(await rig.count(endpoint.id)).toMatchObject({ dead_letter: 1, pending: 0, retrying: 0 });
    },
  );

  test("every attempt carries the same bytes, and a stamp and a signature of its own", async () => {
    await rig.undisturbed();
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "ordeliya");
    rig.answer = () => status(503);
    await rig.publish(store);
    await rig.pass(9 * HOUR);
    const secret = vault.open(endpoint.secrets[0]?.sealed ?? "", endpoint.id);
    expect(rig.sent).toHaveLength(6);
    expect(new Set(rig.sent.map(({ body }) => body)).size).toBe(1);
    for (const { at, body, headers } of rig.sent) {
      const timestamp = String(Math.floor(at / 1_000));
      expect(headers["x-webhook-timestamp"]).toBe(timestamp);
      const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
      expect(headers["x-webhook-signature"]).toBe(signature);
    }
  });

  test("Retry-After holds a retry back, and never brings it forward", async () => {
    const store = await rig.store();
    await rig.endpoint(store, "standard");
    rig.answer = () => ({ ...status(429), retryAfterMs: rig.sent.length === 1 ? 60_000 : 1_000 });
    await rig.publish(store);
    await rig.pass(10 * 60_000);
    const [first, second, third] = rig.sent.map(({ at }) => at - START);
    expect([first, second, third]).toEqual([0, 60_000, 60_000 + 300_000]);
  });

  test("1,200 events on a plan of 500 an hour go out as 500, 500 and 200, in order, over a restart", async () => {
    const store = await rig.store("starter");
    const endpoint = await rig.endpoint(store, "standard");
    // Near the hour's end: until then a full plan is asked once a second.
    await rig.pass(20 * 60_000);
    const ids = await rig.publishMany(store, 1_200);
    await rig.pass(5 * 60_000);
    const [waiting] = await rig.deliveries({ eventId: ids[700] ?? "" });
    expect(waiting).toMatchObject({ status: "pending", storeUsed: 500 });
    await rig.boot();
    await rig.pass(3 * HOUR);
    const hours = rig.sent.map(({ at }) => Math.floor(at / HOUR) - Math.floor(START / HOUR));
    const perHour = [0, 1, 2, 3].map((hour) => hours.filter((each) => each === hour).length);
    expect(perHour).toEqual([500, 500, 200, 0]);
    expect(rig.sent.map(({ headers }) => headers["webhook-id"])).toEqual(ids);
    expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 1_200, pending: 0 });
  }, 180_000);

  test("a plan limit holds back first attempts alone: retries go on", async () => {
    const store = await rig.store("starter");
    await rig.endpoint(store, "mipos");
    rig.answer = () => (rig.sent.length === 1 ? status(500) : OK);
    const first = await rig.publish(store);
    await rig.publishMany(store, 505);
    await rig.pass(60_000);
    const [delivery] = await rig.deliveries({ eventId: first });
    expect(delivery?.status).toBe("delivered");
    expect(rig.sent).toHaveLength(501);
  });

  test("a paused endpoint keeps its queue, and gets it on resumption", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "standard");
    await rig.change(endpoint.id, { state: "paused" });
    for (let i = 0; i < 5; i++) await rig.publish(store);
    await rig.pass(HOUR);
    expect(rig.sent).toHaveLength(0);
    await rig.change(endpoint.id, { state: "active" });
    await rig.pass(1_000);
    expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 5, pending: 0 });
  });

  test("a signature is stamped with the machine's time, and nothing else is", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "ordeliya");
    rig.wallAheadMs = 8 * DAY;
    await rig.publish(store);
    await rig.pass(1_000);
    const [sent] = rig.sent;
    expect(sent?.headers["x-webhook-timestamp"]).toBe(String(Math.floor((START + 8 * DAY) / 1_000)));
    const [delivery] = await rig.deliveries({ endpointId: endpoint.id });
    expect(delivery).toMatchObject({ createdAt: START, deliveredAt: START });
  });

  test("410 from a Standard Webhooks receiver disables its endpoint at once", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "standard");
    rig.answer = () => status(410);
    await rig.publish(store);
    await rig.pass(1_000);
    await rig.publish(store);
    await rig.pass(HOUR);
    expect(rig.sent).toHaveLength(1);
    expect((await rig.driver.getEndpoint(endpoint.id))?.endpoint.state).toBe("disabled");
    expect(await rig.count(endpoint.id)).toMatchObject({ dead_letter: 1, pending: 1 });
  });

  test("whom a settled order was for is forgotten when the payloads that told of it are", async () => {
    await rig.undisturbed();
    const store = await rig.store();
    const input = {
      customer: { name: "Maria Nielsen" },
      items: [{ name: "Margherita", quantity: 1, unitMinor: 890 }],
      totals: { subtotalMinor: 890, totalMinor: 890 },
    };
    const { order } = createOrder(input, store, rig.newId("ord_"), rig.newId, START);
    const completed = { ...order, status: "completed" } as const;
    const audit = rig.audit("order.create");
    await rig.driver.saveOrder({ order: completed, expectedVersion: null, events: [], audit });
    await rig.pass(29 * DAY);
    expect((await rig.driver.getOrder(order.id))?.customer?.name).toBe("Maria Nielsen");
    await rig.pass(2 * DAY);
    expect(await rig.driver.getOrder(order.id)).toEqual({ ...completed, customer: null });
  });

  test("a 410 from an address that the endpoint no longer has disables nothing", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "standard");
    const timers = rig.world.timers(() => true);
    rig.answer = ({ url }) =>
      url === endpoint.url ? new Promise((end) => timers.after(500, () => end(status(410)))) : OK;
    await rig.publish(store);
    await rig.pass(100);
    await rig.change(endpoint.id, { url: "https://receiver.example/moved" });
    await rig.pass(1_000);
    await rig.publish(store);
    await rig.pass(1_000);
    expect(rig.sent.map(({ url }) => url)).toEqual([endpoint.url, "https://receiver.example/moved"]);
    expect((await rig.driver.getEndpoint(endpoint.id))?.endpoint.state).toBe("active");
  });

  test("Olympus' 4xx ends a delivery at once, and a 429 does not", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "olympus");
    rig.answer = () => status(404);
    await rig.publish(store);
    await rig.pass(100);
    rig.answer = () => status(429);
    await rig.publish(store);
    await rig.pass(1_000);
    expect(await rig.count(endpoint.id)).toMatchObject({ dead_letter: 1, retrying: 1 });
  });

  test("deleting an endpoint cancels what it has not been sent", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "standard");
    await rig.change(endpoint.id, { state: "paused" });
    for (let i = 0; i < 3; i++) await rig.publish(store);
    await rig.driver.deleteEndpoint(endpoint.id, rig.audit("endpoint.delete"));
    rig.engine.wake(store.id, endpoint.id);
    await rig.pass(10 * 60_000);
    expect(rig.sent).toHaveLength(0);
    expect(await rig.count(endpoint.id)).toMatchObject({ cancelled: 3, pending: 0 });
  });

  test("a replay of a range sends dead letters again, and stops while it is paused", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "olympus");
    rig.answer = () => status(400);
    await rig.publishMany(store, 450);
    await rig.pass(60_000);
    expect(await rig.count(endpoint.id)).toMatchObject({ dead_letter: 450 });
    rig.answer = () => OK;
    const now = rig.world.now();
    const job = await rig.driver.createReplay(
      {
        id: rig.newId("rpl_"),
        storeId: store.id,
        endpointId: endpoint.id,
        since: START,
        until: now,
        status: "dead_letter",
        state: "running",
        replayed: 0,
        position: null,
        createdAt: now,
        updatedAt: now,
      },
      rig.audit("replay.create"),
    );
    expect(job.total).toBe(450);
    await rig.pass(5 * 60_000);
    await rig.driver.setReplayState(job.id, "paused", rig.world.now(), rig.audit("replay.pause"));
    await rig.pass(HOUR);
    const half = await rig.driver.getReplay(job.id);
    expect(half?.replayed).toBeGreaterThan(0);
    expect(half?.replayed).toBeLessThan(450);
    await rig.driver.setReplayState(job.id, "running", rig.world.now(), rig.audit("replay.resume"));
    await rig.pass(HOUR);
    expect(await rig.driver.getReplay(job.id)).toMatchObject({ state: "done", replayed: 450 });
    expect(await rig.count(endpoint.id)).toMatchObject({ delivered: 450, dead_letter: 0 });
  });

  test("an order that nobody accepts in time fails, and says so to whoever listens", async () => {
    const store = await rig.store();
    await rig.endpoint(store, "ordeliya");
    const input = {
      items: [{ name: "Soup", quantity: 1, unitMinor: 500 }],
      totals: { subtotalMinor: 500, totalMinor: 500 },
    };
    const { order } = createOrder(input, store, rig.newId("ord_"), rig.newId, rig.world.now());
    await rig.engine.saveOrder({
      order,
      expectedVersion: null,
      events: [],
      store,
      audit: rig.audit("order.create"),
    });
    await rig.pass(9 * 60_000);
    expect((await rig.driver.getOrder(order.id))?.status).toBe("pending");
    await rig.pass(6 * 60_000);
    expect(await rig.driver.getOrder(order.id)).toMatchObject({
      status: "failed",
      acceptBy: null,
      version: 2,
    });
    expect(rig.sent.map(({ body }) => JSON.parse(body).type)).toEqual([
      "order.status_updated",
      "order.cancelled",
    ]);
  });

  test("after a rotation the old secret signs too for a day where verifiers read several, and not at all elsewhere", async () => {
    await rig.undisturbed();
    const store = await rig.store();
    for (const name of ["standard", "ordeliya"]) {
      const endpoint = await rig.endpoint(store, name);
      const [old] = endpoint.secrets;
      const secret = contractNamed(name)?.signing.newSecret(rig.dice.bytes(32)) ?? "";
      await rig.change(endpoint.id, {
        secrets: [
          { sealed: vault.seal(secret, endpoint.id), expiresAt: null },
          { sealed: old?.sealed ?? "", expiresAt: rig.world.now() + DAY },
        ],
      });
    }
    const signatures = () =>
      rig.sent
        .splice(0)
        .map(
          ({ headers }) =>
            (headers["webhook-signature"] ?? headers["x-webhook-signature"] ?? "").split(" ").length,
        );
    await rig.publish(store);
    await rig.pass(1_000);
    expect(signatures().sort()).toEqual([1, 2]);
    await rig.pass(DAY);
    await rig.publish(store);
    await rig.pass(1_000);
    expect(signatures()).toEqual([1, 1]);
  });

  test("a test send goes out at once, once, and counts for nothing", async () => {
    const store = await rig.store("starter");
    const endpoint = await rig.endpoint(store, "ordeliya", { canonical: ["order.completed"] });
    rig.answer = () => status(500);
    const sending = rig.engine.test(endpoint.id, null, store);
    await rig.pass(1_000);
    expect(await sending).toMatchObject({ delivered: false, statusCode: 500, eventType: "test.ping" });
    await rig.pass(HOUR);
    expect(rig.sent).toHaveLength(1);
    const found = await rig.driver.getEndpoint(endpoint.id);
    expect(found?.record).toMatchObject({ consecutiveFailures: 0, failingSince: null });
    const { rows } = await rig.driver.listAttempts(
      { endpointId: endpoint.id, page: 1, limit: 20 },
      rig.world.now(),
    );
    expect(rows.map(({ delivery }) => delivery.eventType)).toEqual(["test.ping"]);
  });

  test("while the store cannot be claimed from it is asked twice a second, and nothing overtakes what waits there", async () => {
    const store = await rig.store();
    const endpoint = await rig.endpoint(store, "standard", { state: "paused" });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await rig.publish(store, rig.engine, "table 7"));
    rig.broken.add("claimDue");
    await rig.change(endpoint.id, { state: "active" });
    rig.calls.length = 0;
    await rig.pass(5_000);
    expect(rig.calls.filter((verb) => verb === "claimDue").length).toBeLessThanOrEqual(11);
    ids.push(await rig.publish(store, rig.engine, "table 7"));
    await rig.pass(100);
    expect(rig.sent).toHaveLength(0);
    rig.broken.clear();
    await rig.pass(2_000);
    expect(rig.sent.map(({ headers }) => headers["webhook-id"])).toEqual(ids);
  });
}
