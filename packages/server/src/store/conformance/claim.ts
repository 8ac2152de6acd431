import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../domain/store.ts";
import { ids, type Open, T0, useWorld } from "./world.ts";

const RETRY_AT = T0 + 60_000;

export function claimConformance(open: Open): void {
  const use = useWorld(open);

  it("hands out what is queued with all that is needed to send it", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.queue(store, endpoint, { subjectId: "ord_1", at: T0 - 5 });
    const { deliveries, rateLimited, next } = await world.claim(store, [endpoint]);
    expect(deliveries).toEqual([
      {
        id,
        eventId: expect.stringContaining("evt_"),
        eventType: "order.created",
        endpointId: endpoint.id,
        tenantId: store.tenantId,
        storeId: store.id,
        subjectId: "ord_1",
        body: expect.stringContaining('a \\"quoted\\" née 漢字 🍕'),
        createdAt: T0 - 5,
        test: false,
        attemptCount: 0,
        failures: 0,
      },
    ]);
    expect(rateLimited).toBe(false);
    expect(next).toEqual({ [endpoint.id]: null });
  });

  it("passes over what the holder sends without a lease, and takes it once that is given back", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const queued: string[] = [];
    for (let i = 0; i < 4; i++) queued.push(await world.queue(store, endpoint, { at: T0 - 10 + i }));
    const [a, b, c, d] = queued as [string, string, string, string];
    const first = await world.claim(store, [endpoint], { max: 1, except: [a, c] });
    expect(ids(first.deliveries)).toEqual([b]);
    expect(first.next[endpoint.id]).toBe(T0 - 7);
    const rest = await world.claim(store, [endpoint], { max: 2, except: [a, c], token: "lease_c" });
    expect(ids(rest.deliveries)).toEqual([d]);
    expect(rest.next[endpoint.id]).toBeNull();
    await world.driver.releaseDeliveries({ token: null, deliveryIds: [a, c] });
    expect(ids((await world.claim(store, [endpoint], { token: "lease_d" })).deliveries)).toEqual([a, c]);
  });

  it("gives no delivery to two claims", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    for (let i = 0; i < 5; i++) await world.queue(store, endpoint);
    const claims = await Promise.all(
      ["a", "b", "c"].map((token) => world.claim(store, [endpoint], { token, max: 2 })),
    );
    const claimed = claims.flatMap(({ deliveries }) => ids(deliveries));
    expect(claimed).toHaveLength(5);
    expect(new Set(claimed).size).toBe(5);
  });

  it("takes no more than a lane's share, in order of due time, then of creation", async () => {
    const { world } = use;
    const store = await world.store();
    const [a, b] = [await world.endpoint(store), await world.endpoint(store)];
    const late = await world.queue(store, a, { at: T0 - 1 });
    const early = [await world.queue(store, a, { at: T0 - 9 }), await world.queue(store, a, { at: T0 - 9 })];
    const other = await world.queue(store, b, { at: T0 - 5 });
    const first = await world.claim(store, [a, b], { max: 2 });
    expect(ids(first.deliveries.filter(({ endpointId }) => endpointId === a.id))).toEqual(early);
    expect(ids(first.deliveries.filter(({ endpointId }) => endpointId === b.id))).toEqual([other]);
    expect(first.next).toEqual({ [a.id]: T0 - 1, [b.id]: null });
    expect(ids((await world.claim(store, [a, b], { max: 2 })).deliveries)).toEqual([late]);
  });

  it("leaves a retry until it is due, and says when that is", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.publishOne(store, endpoint);
    await world.settle(id, endpoint, { settlement: { status: "retrying", nextAttemptAt: RETRY_AT } });
    const early = await world.claim(store, [endpoint], { now: RETRY_AT - 1 });
    expect(early).toMatchObject({ deliveries: [], next: { [endpoint.id]: RETRY_AT } });
    const { deliveries } = await world.claim(store, [endpoint], { now: RETRY_AT });
    expect(deliveries).toMatchObject([{ id, attemptCount: 1, failures: 1 }]);
  });

  it("gives nothing of an endpoint that is paused, disabled, deleted or of another store", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    await world.queue(store, endpoint);
    expect((await world.claim(await world.store(), [endpoint])).deliveries).toEqual([]);
    let version = 1;
    for (const state of ["paused", "disabled"] as const) {
      await world.driver.updateEndpoint(endpoint.id, version++, { state }, false, world.audit());
      expect(await world.claim(store, [endpoint])).toMatchObject({
        deliveries: [],
        next: { [endpoint.id]: null },
      });
    }
    await world.driver.updateEndpoint(endpoint.id, version, { state: "active" }, false, world.audit());
    expect((await world.claim(store, [endpoint], { max: 0 })).deliveries).toEqual([]);
    await world.driver.deleteEndpoint(endpoint.id, world.audit());
    expect((await world.claim(store, [endpoint])).deliveries).toEqual([]);
  });

  describe("under a quota", () => {
    it("grants first attempts first in, first out across the lanes until the hour's limit", async () => {
      const { world } = use;
      const store = await world.store();
      const [a, b] = [await world.endpoint(store), await world.endpoint(store)];
      const queued = [];
      for (let i = 0; i < 6; i++) queued.push(await world.queue(store, i % 2 === 0 ? a : b, { at: T0 + i }));
      const now = T0 + 10;
      const first = await world.claim(store, [b, a], { now, limit: 4 });
      expect(ids(first.deliveries)).toEqual(queued.slice(0, 4));
      expect(first).toMatchObject({ rateLimited: true, next: { [a.id]: T0 + 4, [b.id]: T0 + 5 } });
      expect(await world.claim(store, [a, b], { now, limit: 4 })).toMatchObject({
        deliveries: [],
        rateLimited: true,
      });
      const next = await world.claim(store, [a, b], { now: now + HOUR_MS, limit: 4 });
      expect(ids(next.deliveries)).toEqual(queued.slice(4));
      expect(next.rateLimited).toBe(false);
    });

    it("spreads 1,200 first attempts on a plan of 500 over three hours, across a restart", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const published = await Promise.all(
        Array.from({ length: 1_200 }, () => world.publish(store, [endpoint], { limit: 500 })),
      );
      const handedOff = published.flatMap(({ placed }) => placed).filter((placed) => placed === "leased");
      expect(handedOff).toHaveLength(500);
      await world.crash();
      await world.driver.recoverLeases({ now: T0, everything: true });
      const claimed = async (hour: number) => {
        const now = T0 + hour * HOUR_MS;
        const { deliveries } = await world.claim(store, [endpoint], { now, limit: 500, max: 2_000 });
        const records = deliveries.map(({ id }) => world.aRecord(id, endpoint, { token: "lease_b" }));
        await world.driver.recordAttempts(records);
        return deliveries.length;
      };
      expect([
        await claimed(0),
        await claimed(0),
        await claimed(1),
        await claimed(2),
        await claimed(3),
      ]).toEqual([500, 0, 500, 200, 0]);
    });

    it("does not hold back retries, replays and test sends behind first attempts that must wait", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const retry = await world.publishOne(store, endpoint);
      const replayed = await world.deadLetter(store, endpoint);
      await world.settle(retry, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 + 5 } });
      await world.driver.replayDelivery(replayed, T0 + 6, world.audit());
      const test = await world.queue(store, endpoint, { test: true, at: T0 + 7 });
      for (let i = 0; i < 5; i++) await world.queue(store, endpoint);
      const claim = await world.claim(store, [endpoint], { now: T0 + 10, limit: 0, max: 3 });
      expect(ids(claim.deliveries)).toEqual([retry, replayed, test]);
      expect(claim).toMatchObject({ rateLimited: true, next: { [endpoint.id]: T0 } });
    });

    it("counts a delivery that came back unsent once in an hour, and again in another", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.publishOne(store, endpoint, { limit: 1 });
      const release = (token: string) => world.driver.releaseDeliveries({ token, deliveryIds: [id] });
      await release("lease_a");
      expect(ids((await world.claim(store, [endpoint], { now: T0 + 1, limit: 1 })).deliveries)).toEqual([id]);
      expect((await world.delivery(id)).storeUsed).toBe(1);
      await release("lease_b");
      const later = T0 + HOUR_MS;
      expect(await world.claim(store, [endpoint], { now: later, limit: 0 })).toMatchObject({
        deliveries: [],
        rateLimited: true,
        next: { [endpoint.id]: T0 },
      });
      expect(ids((await world.claim(store, [endpoint], { now: later, limit: 1 })).deliveries)).toEqual([id]);
      expect((await world.delivery(id, later)).storeUsed).toBe(1);
    });

    it("asks no quota of a retry or a replay that came back unsent", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const retry = await world.publishOne(store, endpoint);
      await world.settle(retry, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 } });
      const replayed = await world.deadLetter(store, endpoint);
      await world.driver.replayDelivery(replayed, T0, world.audit());
      const deliveryIds = ids((await world.claim(store, [endpoint])).deliveries);
      expect(deliveryIds).toHaveLength(2);
      await world.driver.releaseDeliveries({ token: "lease_b", deliveryIds });
      const again = await world.claim(store, [endpoint], { limit: 0, token: "lease_c" });
      expect(new Set(ids(again.deliveries))).toEqual(new Set([retry, replayed]));
    });

    it("is not limited where the plan has no limit", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.queue(store, endpoint);
      const claim = await world.claim(store, [endpoint], { limit: null });
      expect(ids(claim.deliveries)).toEqual([id]);
      expect(claim.rateLimited).toBe(false);
    });
  });

  describe("due lanes", () => {
    it("are the active endpoints with something unleased, and when it is due", async () => {
      const { world } = use;
      const store = await world.store({ tenantId: "ten_2" });
      const [due, later, paused, leased] = [
        await world.endpoint(store),
        await world.endpoint(store),
        await world.endpoint(store, { state: "paused" }),
        await world.endpoint(store),
      ];
      await world.queue(store, due, { at: T0 - 5 });
      await world.queue(store, due, { at: T0 - 7 });
      await world.queue(store, later, { at: T0 + 5 });
      await world.queue(store, paused);
      await world.publish(store, [leased]);
      const lane = (endpoint: { id: string }, nextDueAt: number) => ({
        endpointId: endpoint.id,
        storeId: store.id,
        tenantId: "ten_2",
        nextDueAt,
      });
      const { driver } = world;
      expect(await driver.dueLanes({ now: T0, ahead: false, holder: null, among: null })).toEqual([
        lane(due, T0 - 7),
      ]);
      const among = (...endpoints: readonly { id: string }[]) =>
        driver.dueLanes({ now: T0, ahead: false, holder: null, among: endpoints.map(({ id }) => id) });
      expect(await among(due, later, paused, leased, { id: "wh_none" })).toEqual([lane(due, T0 - 7)]);
      expect(await among(later, paused)).toEqual([]);
      expect(await among()).toEqual([]);
      const ahead = await driver.dueLanes({ now: T0, ahead: true, holder: null, among: null });
      expect(ahead).toHaveLength(2);
      expect(ahead).toEqual(expect.arrayContaining([lane(due, T0 - 7), lane(later, T0 + 5)]));
    });

    it("take the earliest of first attempts, retries and what came back unsent", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const next = async () =>
        (await world.driver.dueLanes({ now: T0, ahead: true, holder: null, among: null }))[0]?.nextDueAt;
      const retry = await world.publishOne(store, endpoint);
      const unsent = await world.publishOne(store, endpoint, { limit: 9, at: T0 + 200 });
      expect(await next()).toBeUndefined();
      await world.settle(retry, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 + 300 } });
      expect(await next()).toBe(T0 + 300);
      await world.driver.releaseDeliveries({ token: "lease_a", deliveryIds: [unsent] });
      expect(await next()).toBe(T0 + 200);
      await world.queue(store, endpoint, { at: T0 + 100 });
      expect(await next()).toBe(T0 + 100);
    });
  });

  it("counts what is unsettled and finds the oldest that waits", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    expect(await world.driver.queueStats()).toEqual({ pending: 0, oldestDueAt: null });
    await world.publish(store, [endpoint], { at: T0 - 9 });
    await world.queue(store, endpoint, { at: T0 - 5 });
    await world.deadLetter(store, endpoint);
    expect(await world.driver.queueStats()).toEqual({ pending: 2, oldestDueAt: T0 - 5 });
  });
}
