import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../domain/endpoint.ts";
import { type Open, T0, useWorld, type World } from "./world.ts";

export function idempotencyConformance(open: Open): void {
  const use = useWorld(open);
  const claim = (
    world: World,
    over: { digest?: string; now?: number; key?: string; scope?: string } = {},
  ) => {
    const { now = T0, digest = "body", key = "key", scope = "key_1 /v1/orders" } = over;
    return world.driver.claimIdempotencyKey({ scope, key, digest, now, leaseUntil: now + 60_000 });
  };
  const scope = "key_1 /v1/orders";

  it("is fresh once, in flight until it is answered, and then gives that answer to the same body", async () => {
    const { world } = use;
    expect(await claim(world)).toEqual({ kind: "fresh", since: T0 });
    expect(await claim(world)).toEqual({ kind: "in_flight" });
    expect(await claim(world, { digest: "other" })).toEqual({ kind: "mismatch" });
    await world.driver.answerIdempotencyKey({ scope, key: "key", answer: "sealed", expiresAt: T0 + DAY_MS });
    expect(await claim(world, { now: T0 + DAY_MS - 1 })).toEqual({ kind: "answered", answer: "sealed" });
    expect(await claim(world, { digest: "other" })).toEqual({ kind: "mismatch" });
    expect(await claim(world, { now: T0 + DAY_MS, digest: "other" })).toEqual({
      kind: "fresh",
      since: T0 + DAY_MS,
    });
  });

  it("lets one of two that arrive at once through", async () => {
    const { world } = use;
    const kinds = await Promise.all([claim(world), claim(world)]);
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(["fresh", "in_flight"]);
  });

  it("keeps scopes and keys apart", async () => {
    const { world } = use;
    await claim(world);
    expect(await claim(world, { scope: "key_2 /v1/orders" })).toMatchObject({ kind: "fresh" });
    expect(await claim(world, { key: "other" })).toMatchObject({ kind: "fresh" });
  });

  it("is free at once, with the time it had, when whoever is the only process now frees everything", async () => {
    const { world } = use;
    await claim(world);
    await claim(world, { key: "answered" });
    const answered = { scope, key: "answered", answer: "sealed", expiresAt: T0 + DAY_MS };
    await world.driver.answerIdempotencyKey(answered);
    await world.crash();
    expect(await claim(world, { now: T0 + 1 })).toEqual({ kind: "in_flight" });
    await world.driver.recoverLeases({ now: T0 + 1, everything: false });
    expect(await claim(world, { now: T0 + 1 })).toEqual({ kind: "in_flight" });
    await world.driver.recoverLeases({ now: T0 + 1, everything: true });
    expect(await claim(world, { now: T0 + 1 })).toEqual({ kind: "fresh", since: T0 });
    expect(await claim(world, { now: T0 + 1, key: "answered" })).toMatchObject({ kind: "answered" });
  });

  it("is free again, with the time it had, when its process died before answering", async () => {
    const { world } = use;
    await claim(world);
    await world.crash();
    expect(await claim(world, { now: T0 + 59_999 })).toEqual({ kind: "in_flight" });
    expect(await claim(world, { now: T0 + 60_000 })).toEqual({ kind: "fresh", since: T0 });
    expect(await claim(world, { now: T0 + 60_001 })).toEqual({ kind: "in_flight" });
    await world.driver.prune({ now: T0 + 200_000, settledBefore: T0, deadLettersBefore: T0, limit: 10 });
    expect(await claim(world, { now: T0 + 200_000 })).toEqual({ kind: "fresh", since: T0 });
    expect(await claim(world, { now: T0 + 300_000, digest: "other" })).toEqual({
      kind: "fresh",
      since: T0 + 300_000,
    });
  });

  it("is free again, with the time it had, when it is dropped, unless it was answered", async () => {
    const { world } = use;
    await claim(world);
    await world.driver.dropIdempotencyKey(scope, "key");
    expect(await claim(world, { now: T0 + 1 })).toEqual({ kind: "fresh", since: T0 });
    await world.driver.answerIdempotencyKey({ scope, key: "key", answer: "sealed", expiresAt: T0 + DAY_MS });
    await world.driver.dropIdempotencyKey(scope, "key");
    expect(await claim(world, { now: T0 + 2 })).toEqual({ kind: "answered", answer: "sealed" });
  });
}

export function retentionConformance(open: Open): void {
  const use = useWorld(open);
  const prune = (
    world: World,
    over: { settledBefore?: number; deadLettersBefore?: number; limit?: number } = {},
  ) =>
    world.driver.prune({
      now: T0 + DAY_MS,
      settledBefore: T0 + 1_000,
      deadLettersBefore: T0 + 1_000,
      limit: 100,
      ...over,
    });

  it("deletes settled deliveries that are older, with the events that have none left", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const old = await world.publish(store, [endpoint]);
    const [oldId = ""] = old.deliveryIds;
    await world.settle(oldId, endpoint, { attempt: { at: T0 + 999 } });
    const young = await world.publish(store, [endpoint]);
    await world.settle(young.deliveryIds[0] ?? "", endpoint, { attempt: { at: T0 + 1_000 } });
    const bare = await world.publish(store, []);
    const unsettled = await world.publish(store, [endpoint]);
    const youngBare = await world.publish(store, [], { at: T0 + 1_000 });
    expect(await prune(world)).toEqual({ deliveries: 1, events: 2, idempotencyKeys: 0 });
    expect(await world.driver.getDelivery(oldId, T0)).toBeNull();
    for (const { eventId } of [old, bare]) expect(await world.driver.getEvent(eventId)).toBeNull();
    for (const { eventId } of [young, unsettled, youngBare]) {
      expect(await world.driver.getEvent(eventId)).not.toBeNull();
    }
    expect(await prune(world)).toEqual({ deliveries: 0, events: 0, idempotencyKeys: 0 });
    expect(await world.driver.listAttempts({ endpointId: endpoint.id, page: 1, limit: 9 }, T0)).toMatchObject(
      {
        total: 1,
      },
    );
  });

  it("keeps an event, and its bytes, while one of its deliveries is there", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { deliveryIds, eventId } = await world.publish(store, [endpoint, endpoint]);
    await world.settle(deliveryIds[0] ?? "", endpoint);
    expect(await prune(world)).toMatchObject({ deliveries: 1, events: 0 });
    await world.driver.releaseDeliveries({ token: "lease_a", deliveryIds });
    expect((await world.claim(store, [endpoint])).deliveries).toMatchObject([
      { eventId, body: expect.any(String) },
    ]);
    await world.settle(deliveryIds[1] ?? "", endpoint, { token: "lease_b" });
    expect(await prune(world)).toMatchObject({ deliveries: 1, events: 1 });
  });

  it("keeps dead letters by a time of their own", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.deadLetter(store, endpoint);
    expect(await prune(world, { deadLettersBefore: T0 })).toMatchObject({ deliveries: 0 });
    expect((await world.delivery(id)).status).toBe("dead_letter");
    expect(await prune(world)).toMatchObject({ deliveries: 1, events: 1 });
  });

  it("deletes cancelled deliveries, and keeps what was replayed", async () => {
    const { world } = use;
    const store = await world.store();
    const [gone, endpoint] = [await world.endpoint(store), await world.endpoint(store)];
    await world.queue(store, gone);
    await world.driver.deleteEndpoint(gone.id, world.audit());
    await world.driver.cancelDeliveries({ now: T0 + 5, limit: 9 });
    const replayed = await world.deadLetter(store, endpoint);
    await world.driver.replayDelivery(replayed, T0 + 9, world.audit());
    expect(await prune(world)).toMatchObject({ deliveries: 1, events: 1 });
    expect((await world.delivery(replayed)).status).toBe("pending");
  });

  it("goes in steps of at most the limit", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    for (let i = 0; i < 5; i++) {
      await world.settle(await world.publishOne(store, endpoint), endpoint);
      await world.publish(store, []);
    }
    const gone = { deliveries: 0, events: 0 };
    for (let step = 0; step < 10; step++) {
      const { deliveries, events } = await prune(world, { limit: 2 });
      expect(deliveries).toBeLessThanOrEqual(2);
      gone.deliveries += deliveries;
      gone.events += events;
    }
    expect(gone).toEqual({ deliveries: 5, events: 10 });
  });

  it("forgets answers that have expired", async () => {
    const { world } = use;
    const { driver } = world;
    const claim = () =>
      driver.claimIdempotencyKey({ scope: "s", key: "k", digest: "d", now: T0, leaseUntil: T0 + 10 });
    await claim();
    await driver.answerIdempotencyKey({ scope: "s", key: "k", answer: "a", expiresAt: T0 + DAY_MS });
    expect((await prune(world)).idempotencyKeys).toBe(1);
    expect(await claim()).toEqual({ kind: "fresh", since: T0 });
  });
}

export function operationConformance(open: Open): void {
  const use = useWorld(open);

  describe("calls made at once", () => {
    it("fail alone: one bad call does not fail the others", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const orphan = world.anEndpoint(world.aStore());
      const results = await Promise.allSettled([
        world.driver.createStore(world.aStore({ id: "store_new" }), world.audit()),
        world.driver.createEndpoint(orphan, false, world.audit()),
        world.publish(store, [endpoint]),
        world.driver.claimIdempotencyKey({ scope: "s", key: "k", digest: "d", now: T0, leaseUntil: T0 + 9 }),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "fulfilled",
        "fulfilled",
      ]);
      await world.crash();
      expect(await world.driver.getStore("store_new")).not.toBeNull();
      expect((await world.driver.listEvents({ limit: 9, cursor: null })).rows).toHaveLength(1);
    });

    it("are all answered, however many there are", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const ids = await Promise.all(Array.from({ length: 1_300 }, () => world.publishOne(store, endpoint)));
      const applied = await Promise.all(ids.map((id) => world.settle(id, endpoint)));
      expect(applied.every(Boolean)).toBe(true);
      expect(await world.driver.countDeliveries({})).toMatchObject({ pending: 0, delivered: 1_300 });
    });

    it("see what was acknowledged before them", async () => {
      const { world } = use;
      const store = await world.store();
      for (let i = 0; i < 20; i++) {
        const { eventId } = await world.publish(store, []);
        const [event, list] = await Promise.all([
          world.driver.getEvent(eventId),
          world.driver.listEvents({ limit: 1, cursor: null }),
        ]);
        expect([event?.id, list.rows[0]?.id]).toEqual([eventId, eventId]);
      }
    });
  });

  it("answers a ping while it can write, and nothing once it is closed", async () => {
    const { driver } = use.world;
    await driver.ping();
    await driver.close();
    await driver.close();
    await expect(driver.ping()).rejects.toMatchObject({ name: "StorageUnavailable" });
    await expect(driver.getStore("store_1")).rejects.toMatchObject({ name: "StorageUnavailable" });
    await expect(driver.listStores({ limit: 1, cursor: null })).rejects.toMatchObject({
      name: "StorageUnavailable",
    });
  });
}
