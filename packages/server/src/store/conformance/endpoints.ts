import { describe, expect, it } from "vitest";
import { NO_RECORD } from "../../domain/endpoint.ts";
import { HOUR_MS } from "../../domain/store.ts";
import type { Settlement } from "../driver.ts";
import { ids, type Open, T0, useWorld } from "./world.ts";

const RETRY: Settlement = { status: "retrying", nextAttemptAt: T0 + 60_000 };

export function endpointsConformance(open: Open): void {
  const use = useWorld(open);

  it("gives back an endpoint as it was made, with an empty record", async () => {
    const { world } = use;
    const endpoint = world.anEndpoint(await world.store(), {
      headers: { "x-kitchen": "2" },
      secrets: [
        { sealed: "new", expiresAt: null },
        { sealed: "old", expiresAt: T0 + 1 },
      ],
    });
    expect(await world.driver.createEndpoint(endpoint, true, world.audit())).toEqual(endpoint);
    expect(await world.driver.getEndpoint(endpoint.id)).toEqual({ endpoint, record: NO_RECORD });
    expect(
      await world.driver.createEndpoint({ ...endpoint, url: "https://o.example" }, true, world.audit()),
    ).toEqual(endpoint);
  });

  it("takes a URL once per store and contract where it must be unique, and again after deletion", async () => {
    const { world } = use;
    const store = await world.store();
    const url = "https://pos.example/hook";
    const first = await world.endpoint(store, { url });
    const again = () => world.driver.createEndpoint(world.anEndpoint(store, { url }), true, world.audit());
    expect(await again()).toBe("taken");
    expect(
      await world.driver.createEndpoint(world.anEndpoint(store, { url }), false, world.audit()),
    ).not.toBe("taken");
    const other = world.anEndpoint(store, { url, contract: "sela" });
    expect(await world.driver.createEndpoint(other, true, world.audit())).toEqual(other);
    const elsewhere = world.anEndpoint(await world.store(), { url });
    expect(await world.driver.createEndpoint(elsewhere, true, world.audit())).toEqual(elsewhere);
    const moved = world.anEndpoint(store);
    await world.driver.createEndpoint(moved, true, world.audit());
    expect(await world.driver.updateEndpoint(moved.id, 1, { url }, true, world.audit())).toBe("taken");
    const copies = await world.driver.listEndpoints({
      storeId: store.id,
      contract: "standard",
      url,
      limit: 9,
      cursor: null,
    });
    for (const { endpoint } of copies.rows) await world.driver.deleteEndpoint(endpoint.id, world.audit());
    expect(await world.driver.getEndpoint(first.id)).toBeNull();
    expect(await again()).toMatchObject({ url });
  });

  it("counts a store's version up at every change of one of its endpoints", async () => {
    const { world } = use;
    const store = await world.store();
    const version = async () => (await world.driver.storeEndpoints(store.id)).version;
    const before = await version();
    const endpoint = await world.endpoint(store);
    expect(await version()).toBe(before + 1);
    await world.driver.updateEndpoint(endpoint.id, 1, { state: "paused" }, false, world.audit());
    expect(await version()).toBe(before + 2);
    await world.driver.deleteEndpoint(endpoint.id, world.audit());
    expect(await version()).toBe(before + 3);
    await world.driver.deleteEndpoint(endpoint.id, world.audit());
    expect(await version()).toBe(before + 3);
  });

  it("hands out a store's endpoints that may receive something, the paused ones too", async () => {
    const { world } = use;
    const store = await world.store();
    const active = await world.endpoint(store);
    const paused = await world.endpoint(store, { state: "paused" });
    const disabled = await world.endpoint(store, { state: "disabled", disabledReason: "gone" });
    await world.endpoint(store, { events: ["test"], canonical: [] });
    const deleted = await world.endpoint(store);
    await world.driver.deleteEndpoint(deleted.id, world.audit());
    await world.endpoint(await world.store());
    const { endpoints } = await world.driver.storeEndpoints(store.id);
    expect(new Set(ids(endpoints))).toEqual(new Set(ids([active, paused, disabled])));
    expect(endpoints).toContainEqual(disabled);
  });

  it("updates only the version that was read", async () => {
    const { world } = use;
    const endpoint = await world.endpoint(await world.store());
    const update = (version: number) =>
      world.driver.updateEndpoint(endpoint.id, version, { url: "https://new.example" }, false, world.audit());
    expect(await update(2)).toBe("conflict");
    expect(await update(1)).toEqual({ ...endpoint, url: "https://new.example", version: 2 });
    expect(await update(1)).toBe("conflict");
    expect(await world.driver.updateEndpoint("wh_unknown", 1, {}, false, world.audit())).toBeNull();
  });

  it("does not find a deleted endpoint", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    expect(await world.driver.deleteEndpoint(endpoint.id, world.audit())).toBe(true);
    expect(await world.driver.deleteEndpoint(endpoint.id, world.audit())).toBe(false);
    expect(await world.driver.getEndpoint(endpoint.id)).toBeNull();
    expect(await world.driver.endpointHealth(endpoint.id, T0)).toBeNull();
    expect((await world.driver.listEndpoints({ storeId: store.id, limit: 9, cursor: null })).rows).toEqual(
      [],
    );
    expect(await world.driver.updateEndpoint(endpoint.id, 2, {}, false, world.audit())).toBeNull();
  });

  it("lists by store, contract and URL, by cursor or by page with a total", async () => {
    const { world } = use;
    const { driver } = world;
    const store = await world.store();
    const made = [];
    for (let i = 0; i < 5; i++)
      made.push(await world.endpoint(store, { contract: i < 3 ? "sela" : "mipos" }));
    await world.endpoint(await world.store());
    const first = await driver.listEndpoints({ storeId: store.id, limit: 3, cursor: null });
    const second = await driver.listEndpoints({ storeId: store.id, limit: 3, cursor: first.nextCursor });
    expect([...first.rows, ...second.rows].map(({ endpoint }) => endpoint)).toEqual(made.toReversed());
    expect(first.total).toBeNull();
    const page = await driver.listEndpoints({
      storeId: store.id,
      contract: "sela",
      limit: 2,
      page: 2,
      cursor: null,
    });
    expect(page.total).toBe(3);
    expect(page.rows.map(({ endpoint }) => endpoint.id)).toEqual([made[0]?.id]);
    const byUrl = await driver.listEndpoints({ url: made[4]?.url ?? "", limit: 2, cursor: null });
    expect(byUrl.rows.map(({ endpoint }) => endpoint.id)).toEqual([made[4]?.id]);
    expect((await driver.listEndpoints({ limit: 9, cursor: null })).rows).toHaveLength(6);
  });

  describe("their record", () => {
    it("counts failures since the last success, and from when", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const settle = async (at: number, settlement: Settlement) =>
        world.settle(await world.publishOne(store, endpoint), endpoint, { settlement, attempt: { at } });
      await settle(T0 + 1, { status: "delivered" });
      await settle(T0 + 2, RETRY);
      await settle(T0 + 3, { status: "dead_letter", refused: true });
      const record = async () => (await world.driver.getEndpoint(endpoint.id))?.record;
      expect(await record()).toEqual({
        consecutiveFailures: 2,
        failingSince: T0 + 2,
        lastSuccessAt: T0 + 1,
        lastFailureAt: T0 + 3,
      });
      await settle(T0 + 4, { status: "delivered" });
      expect(await record()).toEqual({
        consecutiveFailures: 0,
        failingSince: null,
        lastSuccessAt: T0 + 4,
        lastFailureAt: T0 + 3,
      });
    });

    it("adds up attempts recorded together, in their order", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const settlements: Settlement[] = [RETRY, { status: "delivered" }, RETRY, RETRY];
      const records = [];
      for (const [index, settlement] of settlements.entries()) {
        const id = await world.publishOne(store, endpoint);
        records.push(world.aRecord(id, endpoint, { settlement, attempt: { at: T0 + index } }));
      }
      expect(await world.driver.recordAttempts(records)).toEqual([true, true, true, true]);
      expect((await world.driver.getEndpoint(endpoint.id))?.record).toEqual({
        consecutiveFailures: 2,
        failingSince: T0 + 2,
        lastSuccessAt: T0 + 1,
        lastFailureAt: T0 + 3,
      });
    });

    it("takes no notice of test sends", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.publishOne(store, endpoint, { test: true });
      const settlement: Settlement = { status: "dead_letter", refused: false };
      expect(await world.settle(id, endpoint, { settlement, test: true })).toBe(true);
      expect((await world.driver.getEndpoint(endpoint.id))?.record).toEqual(NO_RECORD);
      expect(await world.driver.endpointHealth(endpoint.id, T0)).toMatchObject({ failed: 0, deadLetters: 0 });
    });

    it("lists active endpoints that have been failing for long, and starts anew when one is made active again", async () => {
      const { world } = use;
      const store = await world.store();
      const [long, short, off] = [
        await world.endpoint(store),
        await world.endpoint(store),
        await world.endpoint(store),
      ];
      for (const [endpoint, at] of [
        [long, T0],
        [short, T0 + 10],
        [off, T0],
      ] as const) {
        await world.settle(await world.publishOne(store, endpoint), endpoint, {
          settlement: RETRY,
          attempt: { at },
        });
      }
      await world.driver.updateEndpoint(off.id, 1, { state: "disabled" }, false, world.audit());
      const failing = async () =>
        (await world.driver.listFailingEndpoints(T0 + 5)).map(({ endpoint }) => endpoint.id);
      expect(await failing()).toEqual([long.id]);
      await world.driver.updateEndpoint(off.id, 2, { state: "active" }, false, world.audit());
      expect(await failing()).toEqual([long.id]);
      expect((await world.driver.getEndpoint(off.id))?.record).toMatchObject({
        consecutiveFailures: 0,
        failingSince: null,
      });
    });
  });

  it("tells an endpoint's health from its attempts in the hours asked for", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const durations = Array.from({ length: 100 }, (_, index) => 10 * (index + 1));
    for (const durationMs of durations) {
      const settlement: Settlement = durationMs > 900 ? RETRY : { status: "delivered" };
      const id = await world.publishOne(store, endpoint);
      await world.settle(id, endpoint, { settlement, attempt: { durationMs, at: T0 + durationMs } });
    }
    await world.settle(await world.publishOne(store, endpoint), endpoint, {
      attempt: { at: T0 - HOUR_MS, durationMs: 9_000 },
    });
    await world.deadLetter(store, endpoint, { at: T0 - HOUR_MS });
    await world.queue(store, endpoint);
    const health = await world.driver.endpointHealth(endpoint.id, T0);
    expect(health).toMatchObject({ pending: 11, deadLetters: 1, failed: 11, succeeded: 90 });
    expect(health?.record.lastSuccessAt).not.toBeNull();
    const { averageMs, p50Ms, p95Ms } = health ?? {};
    expect(averageMs).toBeGreaterThan(490);
    expect(averageMs).toBeLessThan(510);
    expect(Math.abs((p50Ms ?? 0) - 500) / 500).toBeLessThan(0.2);
    expect(Math.abs((p95Ms ?? 0) - 950) / 950).toBeLessThan(0.2);
    expect(await world.driver.endpointHealth(endpoint.id, T0 + HOUR_MS)).toMatchObject({
      succeeded: 0,
      averageMs: null,
      p50Ms: null,
      p95Ms: null,
    });
  });

  it("cancels the queue of a deleted endpoint in steps, and no other", async () => {
    const { world } = use;
    const store = await world.store();
    const [gone, kept] = [await world.endpoint(store), await world.endpoint(store)];
    const queued = [
      await world.queue(store, gone),
      await world.queue(store, gone),
      await world.queue(store, gone),
    ];
    const delivered = await world.publishOne(store, gone);
    await world.settle(delivered, gone);
    const other = await world.queue(store, kept);
    await world.driver.deleteEndpoint(gone.id, world.audit());
    const step = () => world.driver.cancelDeliveries({ now: T0 + 9, limit: 2 });
    expect([await step(), await step(), await step()]).toEqual([2, 1, 0]);
    for (const id of queued) {
      expect(await world.delivery(id)).toMatchObject({ status: "cancelled", nextAttemptAt: null });
    }
    expect((await world.delivery(delivered)).status).toBe("delivered");
    expect(await world.delivery(other)).toMatchObject({ status: "pending", endpointState: "active" });
  });

  it("lets what is being sent to a deleted endpoint finish: a success counts, a failure is its last", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { deliveryIds } = await world.publish(store, [endpoint, endpoint, endpoint]);
    const [succeeds, fails, released] = deliveryIds as [string, string, string];
    await world.driver.deleteEndpoint(endpoint.id, world.audit());
    const cancel = () => world.driver.cancelDeliveries({ now: T0, limit: 10 });
    expect(await cancel()).toBe(0);
    expect(await world.settle(succeeds, endpoint)).toBe(true);
    expect(await world.settle(fails, endpoint, { settlement: RETRY })).toBe(true);
    await world.driver.releaseDeliveries({ token: "lease_a", deliveryIds: [released] });
    expect(await cancel()).toBe(1);
    expect(await cancel()).toBe(0);
    expect((await world.delivery(succeeds)).status).toBe("delivered");
    expect(await world.delivery(fails)).toMatchObject({ status: "cancelled", failures: 1 });
    expect((await world.delivery(released)).status).toBe("cancelled");
  });
}
