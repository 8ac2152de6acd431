import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../domain/store.ts";
import { bodyOf, ids, type Open, T0, useWorld } from "./world.ts";

export function acceptConformance(open: Open): void {
  const use = useWorld(open);

  it("leases what is handed off to the caller, so that no claim finds it", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { deliveryIds, placed, eventId } = await world.publish(store, [endpoint]);
    expect(placed).toEqual(["leased"]);
    expect((await world.claim(store, [endpoint])).deliveries).toEqual([]);
    expect(await world.delivery(deliveryIds[0] ?? "")).toEqual({
      id: deliveryIds[0],
      eventId,
      eventType: "order.created",
      endpointId: endpoint.id,
      tenantId: store.tenantId,
      storeId: store.id,
      contract: "standard",
      subjectId: eventId,
      status: "pending",
      nextAttemptAt: T0,
      createdAt: T0,
      deliveredAt: null,
      test: false,
      failures: 0,
      attempts: [],
      leased: true,
      refused: false,
      endpointState: "active",
      endpointFailures: 0,
      storePlan: "starter",
      storeUsed: 0,
    });
  });

  it("gives back an event as it was accepted", async () => {
    const { world } = use;
    const { event } = await world.publish(await world.store(), []);
    expect(await world.driver.getEvent(event.event.id)).toEqual(event.event);
    expect(await world.driver.getEvent("evt_unknown")).toBeNull();
  });

  it("writes nothing for an event whose id is there, also when both arrive at once", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const twice = [
      world.anEvent(store, [endpoint], { id: "evt_1" }),
      world.anEvent(store, [endpoint], { id: "evt_1" }),
    ];
    const results = await Promise.all(twice.map((event) => world.driver.acceptEvent(event)));
    expect(results.map(({ kind }) => kind).sort()).toEqual(["accepted", "exists"]);
    const again = await world.driver.acceptEvent(world.anEvent(store, [endpoint], { id: "evt_1" }));
    expect(again).toEqual({ kind: "exists" });
    expect((await world.driver.listDeliveries({ limit: 9, cursor: null }, T0)).rows).toHaveLength(1);
  });

  it("refuses deliveries made from older endpoints, unless that does not matter", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { version } = await world.driver.storeEndpoints(store.id);
    await world.driver.updateEndpoint(endpoint.id, 1, { state: "paused" }, false, world.audit());
    const stale = world.anEvent(store, [endpoint], { version });
    expect(await world.driver.acceptEvent(stale)).toEqual({ kind: "stale_endpoints" });
    expect(await world.driver.getEvent(stale.event.id)).toBeNull();
    expect(await world.driver.acceptEvent({ ...stale, endpointsVersion: version + 1 })).toMatchObject({
      kind: "accepted",
    });
    await world.publish(store, [endpoint], { version: null });
  });

  it("gives each endpoint the bytes of its own contract", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoints = [
      await world.endpoint(store, { contract: "sela" }),
      await world.endpoint(store, { contract: "mipos" }),
    ];
    const { eventId } = await world.publish(store, endpoints, { handOff: false });
    const { deliveries } = await world.claim(store, endpoints);
    expect(new Map(deliveries.map(({ endpointId, body }) => [endpointId, body]))).toEqual(
      new Map(endpoints.map(({ id, contract }) => [id, bodyOf(eventId, contract)])),
    );
  });

  it("fails an event for an endpoint that is not there, and none of those that arrive with it", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const good = [world.anEvent(store, [endpoint]), world.anEvent(store, [endpoint])];
    const bad = world.anEvent(store, [world.anEndpoint(store)]);
    const results = await Promise.allSettled(
      [good[0], bad, good[1]].map((event) => (event ? world.driver.acceptEvent(event) : null)),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    for (const { event } of good) expect(await world.driver.getEvent(event.id)).not.toBeNull();
    expect(await world.driver.getEvent(bad.event.id)).toBeNull();
  });

  describe("under a quota", () => {
    it("hands off first attempts up to the hour's limit, in order, and queues the rest", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const { placed } = await world.publish(store, [endpoint, endpoint, endpoint], { limit: 2 });
      expect(placed).toEqual(["leased", "leased", "rate_limited"]);
      const more = await Promise.all([1, 2].map(() => world.publish(store, [endpoint], { limit: 3 })));
      expect(more.flatMap((publication) => publication.placed)).toEqual(["leased", "rate_limited"]);
    });

    it("counts each store and each hour by itself", async () => {
      const { world } = use;
      const [one, other] = [await world.store(), await world.store()];
      const [first, second] = [await world.endpoint(one), await world.endpoint(other)];
      const placed = async (...args: Parameters<typeof world.publish>) =>
        (await world.publish(...args)).placed;
      expect(await placed(one, [first], { limit: 1 })).toEqual(["leased"]);
      expect(await placed(one, [first], { limit: 1, at: T0 + HOUR_MS - 1 })).toEqual(["rate_limited"]);
      expect(await placed(other, [second], { limit: 1 })).toEqual(["leased"]);
      expect(await placed(one, [first], { limit: 1, at: T0 + HOUR_MS })).toEqual(["leased"]);
    });

    it("counts neither test sends nor what is only queued", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      expect((await world.publish(store, [endpoint], { limit: 1, handOff: false })).placed).toEqual([
        "queued",
      ]);
      expect((await world.publish(store, [endpoint], { limit: 0, test: true })).placed).toEqual(["leased"]);
      const id = await world.publishOne(store, endpoint, { limit: 1 });
      expect(await world.delivery(id)).toMatchObject({ leased: true, storeUsed: 1 });
      expect(await world.delivery(id, T0 + HOUR_MS)).toMatchObject({ storeUsed: 0 });
    });

    it("remembers what was counted when the process dies", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      await world.publish(store, [endpoint], { limit: 1 });
      await world.crash();
      expect((await world.publish(store, [endpoint], { limit: 1 })).placed).toEqual(["rate_limited"]);
    });
  });

  describe("where something may wait", () => {
    const setUp = async () => {
      const { world } = use;
      const store = await world.store();
      const [endpoint, other] = [await world.endpoint(store), await world.endpoint(store)];
      const first = async (subjectId: string, to = endpoint) =>
        (await world.publish(store, [to], { ifFirst: true, subjectId })).placed[0];
      return { world, store, endpoint, other, first };
    };

    it("hands off what is the first of its subject there", async () => {
      const { world, store, endpoint, other, first } = await setUp();
      await world.queue(store, endpoint, { subjectId: "ord_1" });
      expect(await first("ord_1")).toBe("queued");
      expect(await first("ord_2")).toBe("leased");
      expect(await first("ord_1", other)).toBe("leased");
    });

    it("takes what is claimed for gone, and what is given back or was left by a dead process for waiting", async () => {
      const { world, store, endpoint, first } = await setUp();
      const id = await world.queue(store, endpoint, { subjectId: "ord_1" });
      await world.claim(store, [endpoint]);
      expect(await first("ord_1")).toBe("leased");
      await world.driver.releaseDeliveries({ token: "lease_b", deliveryIds: [id] });
      expect(await first("ord_1")).toBe("queued");
      await world.claim(store, [endpoint], { token: "lease_c" });
      expect(await first("ord_1")).toBe("leased");
      await world.driver.recoverLeases({ now: T0, everything: true });
      expect(await first("ord_1")).toBe("queued");
    });

    it("takes no account of retries", async () => {
      const { world, endpoint, store, first } = await setUp();
      const id = await world.publishOne(store, endpoint, { subjectId: "ord_1" });
      const settlement = { status: "retrying", nextAttemptAt: T0 + 1_000 } as const;
      await world.driver.recordAttempts([world.aRecord(id, endpoint, { settlement })]);
      expect(await first("ord_1")).toBe("leased");
    });

    it("says of what is not handed off whether it is the first of its subject there", async () => {
      const { world, store, endpoint, other } = await setUp();
      const asks = async (subjectId: string, to = endpoint) =>
        (await world.publish(store, [to], { handOff: false, ifFirst: true, subjectId })).placed[0];
      expect(await asks("ord_1")).toBe("first");
      expect(await asks("ord_1")).toBe("queued");
      expect(await asks("ord_1", other)).toBe("first");
      await world.queue(store, endpoint, { subjectId: "ord_2" });
      expect(await asks("ord_2")).toBe("queued");
      expect((await world.claim(store, [endpoint])).deliveries).toHaveLength(4);
    });

    it("says so of the first alone where two of a subject come at the same time", async () => {
      const { world, store, endpoint } = await setUp();
      const both = await Promise.all(
        [1, 2].map(() =>
          world.publish(store, [endpoint], { handOff: false, ifFirst: true, subjectId: "ord_1" }),
        ),
      );
      expect(both.flatMap(({ placed }) => placed)).toEqual(["first", "queued"]);
    });

    it("sees what is queued at the same time", async () => {
      const { world, store, endpoint } = await setUp();
      const placed = await Promise.all(
        [false, true, true].map((handOff) =>
          world.publish(store, [endpoint], { handOff, ifFirst: handOff, subjectId: "ord_1" }),
        ),
      );
      expect(placed.flatMap((publication) => publication.placed)).toEqual(["queued", "queued", "queued"]);
    });
  });

  it("keeps everything it has acknowledged when the process dies", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const published = await Promise.all(Array.from({ length: 20 }, () => world.publish(store, [endpoint])));
    await world.settle(published[0]?.deliveryIds[0] ?? "", endpoint);
    const driver = await world.crash();
    const { rows } = await driver.listEvents({ limit: 100, cursor: null });
    expect(new Set(ids(rows))).toEqual(new Set(published.map(({ eventId }) => eventId)));
    expect(await driver.countDeliveries({})).toMatchObject({ pending: 19, delivered: 1 });
  });

  it("lists events newest first, by store, type and time", async () => {
    const { world } = use;
    const store = await world.store();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await world.publish(store, [], { at: T0 + i })).eventId);
    const other = await world.publish(await world.store(), [], { at: T0 + 2 });
    const list = (filter: object) => world.driver.listEvents({ limit: 9, cursor: null, ...filter });
    const first = await list({ storeId: store.id, limit: 3 });
    const second = await list({ storeId: store.id, limit: 3, cursor: first.nextCursor });
    expect(ids([...first.rows, ...second.rows])).toEqual(made.toReversed());
    expect(second.nextCursor).toBeNull();
    const span = await list({ storeId: store.id, since: T0 + 1, until: T0 + 3 });
    expect(ids(span.rows)).toEqual([made[3], made[2], made[1]]);
    expect((await list({ type: "order.created" })).rows).toHaveLength(6);
    expect((await list({ type: "menu.published" })).rows).toEqual([]);
    const everywhere = await list({ since: T0 + 2, until: T0 + 2 });
    expect(new Set(ids(everywhere.rows))).toEqual(new Set([made[2], other.eventId]));
    await expect(list({ cursor: "nonsense" })).rejects.toMatchObject({ name: "InvalidCursor" });
  });
}
