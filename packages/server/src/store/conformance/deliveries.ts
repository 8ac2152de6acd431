import { expect, it } from "vitest";
import type { DeliveryStatus } from "../../domain/delivery.ts";
import type { DeliveryFilter } from "../driver.ts";
import { ids, type Open, T0, useWorld, type World } from "./world.ts";

type Filter = Partial<DeliveryFilter>;

const list = async (world: World, filter: Filter): Promise<string[]> => {
  const { rows } = await world.driver.listDeliveries({ limit: 50, cursor: null, ...filter }, T0);
  return ids(rows);
};

/** One delivery in each state: [id, status], in the order made. */
async function oneOfEach(world: World) {
  const store = await world.store();
  const endpoint = await world.endpoint(store);
  const queued = await world.queue(store, endpoint, { at: T0 + 1 });
  const leased = await world.publishOne(store, endpoint, { at: T0 + 2 });
  const retrying = await world.publishOne(store, endpoint, { at: T0 + 3 });
  await world.settle(retrying, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 + 99 } });
  const delivered = await world.publishOne(store, endpoint, { at: T0 + 4 });
  await world.settle(delivered, endpoint);
  const dead = await world.deadLetter(store, endpoint, { at: T0 + 5 });
  return { store, endpoint, queued, leased, retrying, delivered, dead };
}

export function deliveriesConformance(open: Open): void {
  const use = useWorld(open);

  it("lists by status, whether leased or not", async () => {
    const { world } = use;
    const { store, endpoint, queued, leased, retrying, delivered, dead } = await oneOfEach(world);
    const expected: [DeliveryStatus, string[]][] = [
      ["pending", [leased, queued]],
      ["retrying", [retrying]],
      ["delivered", [delivered]],
      ["dead_letter", [dead]],
      ["cancelled", []],
    ];
    for (const [status, found] of expected) {
      expect(await list(world, { status })).toEqual(found);
      expect(await list(world, { status, storeId: store.id })).toEqual(found);
      expect(await list(world, { status, endpointId: endpoint.id })).toEqual(found);
    }
    await world.claim(store, [endpoint], { now: T0 + 99 });
    expect(await list(world, { status: "retrying" })).toEqual([retrying]);
  });

  it("lists what was tried, by event, by the contract's name of it, and by time", async () => {
    const { world } = use;
    const { store, endpoint, retrying, delivered, dead, queued } = await oneOfEach(world);
    expect(await list(world, { tried: true })).toEqual([dead, delivered, retrying]);
    expect(await list(world, { eventType: "order.created", limit: 1 })).toEqual([dead]);
    expect(await list(world, { eventType: "order.sent" })).toEqual([]);
    const { eventId } = await world.delivery(queued);
    expect(await list(world, { eventId })).toEqual([queued]);
    expect(await list(world, { eventId, storeId: store.id, endpointId: endpoint.id })).toEqual([queued]);
    expect(await list(world, { eventId, status: "delivered" })).toEqual([]);
    expect(await list(world, { eventId, storeId: (await world.store()).id })).toEqual([]);
    expect(await list(world, { eventId: "evt_unknown" })).toEqual([]);
    expect(await list(world, { since: T0 + 3, until: T0 + 4 })).toEqual([delivered, retrying]);
    expect(await list(world, { since: T0 + 3, status: "dead_letter", storeId: store.id })).toEqual([dead]);
    expect(await list(world, { until: T0 + 2, status: "pending" })).toHaveLength(2);
  });

  it("pages newest first over many endpoints and stores, without repeating or missing one", async () => {
    const { world } = use;
    const made: string[] = [];
    const stores = [await world.store(), await world.store()];
    const endpoints = await Promise.all(stores.map((store) => world.endpoint(store)));
    for (let i = 0; i < 12; i++) {
      const [store, endpoint] = [stores[i % 2], endpoints[i % 2]];
      if (store && endpoint) made.push(await world.queue(store, endpoint, { at: T0 + Math.floor(i / 3) }));
    }
    for (const filter of [{}, { status: "pending" as const }, { tried: false }]) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await world.driver.listDeliveries({ ...filter, limit: 5, cursor }, T0);
        expect(page.rows.length).toBeLessThanOrEqual(5);
        found.push(...ids(page.rows));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(found).toEqual(made.toReversed());
    }
    const other = await list(world, { storeId: stores[0]?.id ?? "" });
    expect(other).toEqual(made.filter((_, index) => index % 2 === 0).toReversed());
    expect(await list(world, { storeId: stores[0]?.id ?? "", endpointId: endpoints[1]?.id ?? "" })).toEqual(
      [],
    );
  });

  it("refuses a cursor that it has not given out", async () => {
    const { world } = use;
    await expect(list(world, { cursor: "e30" })).rejects.toMatchObject({ name: "InvalidCursor" });
  });

  it("does not find a delivery that is not there", async () => {
    expect(await use.world.driver.getDelivery("del_unknown", T0)).toBeNull();
  });

  it("counts by status, by every filter, and leaves test sends out", async () => {
    const { world } = use;
    const { store, endpoint, queued } = await oneOfEach(world);
    await world.publish(store, [endpoint], { test: true, at: T0 + 2 });
    await world.queue(store, endpoint, { test: true });
    const sent = await world.publishOne(store, endpoint, { test: true });
    await world.settle(sent, endpoint, { test: true });
    const all = { pending: 2, retrying: 1, delivered: 1, dead_letter: 1, cancelled: 0 };
    const none = { pending: 0, retrying: 0, delivered: 0, dead_letter: 0, cancelled: 0 };
    const { driver } = world;
    expect(await driver.countDeliveries({})).toEqual(all);
    expect(await driver.countDeliveries({ storeId: store.id })).toEqual(all);
    expect(await driver.countDeliveries({ endpointId: endpoint.id })).toEqual(all);
    expect(await driver.countDeliveries({ eventType: "order.created" })).toEqual(all);
    expect(await driver.countDeliveries({ eventType: "order.sent" })).toEqual(none);
    expect(await driver.countDeliveries({ storeId: (await world.store()).id })).toEqual(none);
    expect(await driver.countDeliveries({ status: "dead_letter" })).toEqual({ ...none, dead_letter: 1 });
    expect(await driver.countDeliveries({ status: "delivered" })).toEqual({ ...none, delivered: 1 });
    expect(await driver.countDeliveries({ since: T0 + 2, until: T0 + 4 })).toEqual({
      ...none,
      pending: 1,
      retrying: 1,
      delivered: 1,
    });
    expect(await driver.countDeliveries({ tried: true })).toEqual({ ...all, pending: 0 });
    const { eventId } = await world.delivery(queued);
    expect(await driver.countDeliveries({ eventId })).toEqual({ ...none, pending: 1 });
  });
}
