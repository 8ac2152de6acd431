import type { Order } from "@ticketrail/contracts";
import { expect, it } from "vitest";
import type { NewEvent, SaveOrderResult } from "../driver.ts";
import { ids, type Open, T0, useWorld, type World } from "./world.ts";

const iso = (ms: number) => new Date(ms).toISOString();

const create = (world: World, order: Order, events: readonly NewEvent[] = []): Promise<SaveOrderResult> =>
  world.driver.saveOrder({ order, expectedVersion: null, events, audit: world.audit("order.create") });

const change = (world: World, order: Order, over: Partial<Order>, events: readonly NewEvent[] = []) =>
  world.driver.saveOrder({
    order: { ...order, ...over, version: order.version + 1 },
    expectedVersion: order.version,
    events,
    audit: world.audit("order.transition"),
  });

export function ordersConformance(open: Open): void {
  const use = useWorld(open);

  it("gives back an order as it was saved, to the letter", async () => {
    const { world } = use;
    const order = world.anOrder(await world.store(), {
      extensions: { sela: { table: { nested: [1, null] } } },
    });
    expect(await create(world, order)).toEqual({ kind: "saved", placements: [] });
    expect(await world.driver.getOrder(order.id)).toEqual(order);
    expect(await world.driver.getOrder("ord_unknown")).toBeNull();
  });

  it("saves an order and the events it causes together, in their order", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const order = world.anOrder(store);
    const events = [
      world.anEvent(store, [endpoint], { id: "evt_z", subjectId: order.id, handOff: false }),
      world.anEvent(store, [endpoint], { id: "evt_a", subjectId: order.id, handOff: false }),
    ];
    const saved = await create(world, order, events);
    expect(saved).toEqual({
      kind: "saved",
      placements: events.map(({ deliveries }) => ({ deliveryId: deliveries[0]?.id, placed: "queued" })),
    });
    const { deliveries } = await world.claim(store, [endpoint]);
    expect(deliveries.map(({ eventId, subjectId }) => [eventId, subjectId])).toEqual([
      ["evt_z", order.id],
      ["evt_a", order.id],
    ]);
  });

  it("changes only the version that was read, and then writes none of the events", async () => {
    const { world } = use;
    const store = await world.store();
    const order = world.anOrder(store);
    await create(world, order);
    expect(await change(world, order, { status: "accepted" })).toMatchObject({ kind: "saved" });
    const late = world.anEvent(store, []);
    const refused = await change(world, order, { status: "rejected" }, [late]);
    expect(refused).toEqual({ kind: "conflict", order: { ...order, status: "accepted", version: 2 } });
    expect(await world.driver.getEvent(late.event.id)).toBeNull();
    expect((await world.driver.getOrder(order.id))?.status).toBe("accepted");
  });

  it("says which order is there for an id or a source that is known", async () => {
    const { world } = use;
    const store = await world.store();
    const source = { contract: "mipos", deliveryId: "7", externalId: "A-1" };
    const order = world.anOrder(store, { source });
    await create(world, order);
    const event = world.anEvent(store, []);
    expect(await create(world, { ...order, notes: "again" })).toEqual({ kind: "exists", order });
    expect(await create(world, world.anOrder(store, { source }), [event])).toEqual({ kind: "exists", order });
    expect(await world.driver.getEvent(event.event.id)).toBeNull();
    for (const other of [
      { ...source, contract: "sela" },
      { ...source, deliveryId: null },
      { ...source, externalId: "A-2" },
      { ...source, contract: null },
    ]) {
      expect(await create(world, world.anOrder(store, { source: other }))).toMatchObject({ kind: "saved" });
    }
    const elsewhere = world.anOrder(await world.store(), { source });
    expect(await create(world, elsewhere)).toMatchObject({ kind: "saved" });
  });

  it("takes any number of orders without an external id", async () => {
    const { world } = use;
    const store = await world.store();
    const source = { contract: "mipos", deliveryId: "7", externalId: null };
    for (let i = 0; i < 2; i++) {
      expect(await create(world, world.anOrder(store, { source }))).toMatchObject({ kind: "saved" });
    }
  });

  it("makes one order of two that arrive at once from one source", async () => {
    const { world } = use;
    const store = await world.store();
    const source = { contract: null, deliveryId: null, externalId: "A-1" };
    const orders = [world.anOrder(store, { source }), world.anOrder(store, { source })];
    const results = await Promise.all(orders.map((order) => create(world, order)));
    expect(results.map(({ kind }) => kind).sort()).toEqual(["exists", "saved"]);
  });

  it("finds an order by its source, in any contract where none is named", async () => {
    const { world } = use;
    const store = await world.store();
    const order = world.anOrder(store, { source: { contract: "sela", deliveryId: null, externalId: "A-1" } });
    await create(world, order);
    const find = (source: { contract?: string; deliveryId: string | null; externalId: string }) =>
      world.driver.findOrderBySource(store.id, source);
    expect(await find({ deliveryId: null, externalId: "A-1" })).toEqual(order);
    expect(await find({ contract: "sela", deliveryId: null, externalId: "A-1" })).toEqual(order);
    expect(await find({ contract: "mipos", deliveryId: null, externalId: "A-1" })).toBeNull();
    expect(await find({ deliveryId: "7", externalId: "A-1" })).toBeNull();
    expect(await find({ deliveryId: null, externalId: "A-2" })).toBeNull();
    expect(
      await world.driver.findOrderBySource("store_unknown", { deliveryId: null, externalId: "A-1" }),
    ).toBeNull();
  });

  it("finds, of orders that several contracts gave the same source, the oldest that waits for a decision", async () => {
    const { world } = use;
    const store = await world.store();
    const source = { deliveryId: "7", externalId: "A-1" };
    const [first, second] = [
      world.anOrder(store, { source: { ...source, contract: "ubereats" } }),
      world.anOrder(store, { source: { ...source, contract: "rappi" } }),
    ];
    for (const order of [first, second]) await create(world, order);
    const find = async () => (await world.driver.findOrderBySource(store.id, source))?.id;
    expect(await find()).toBe(first.id);
    await change(world, first, { status: "accepted" });
    expect(await find()).toBe(second.id);
    await change(world, second, { status: "accepted" });
    expect(await find()).toBe(second.id);
  });

  it("forgets whom settled orders were for, the oldest first, once they are old enough", async () => {
    const { world } = use;
    const store = await world.store();
    const at = (ms: number) => new Date(T0 + ms).toISOString();
    const personal = {
      customer: { id: "c1", name: "Maria Nielsen", phone: "+4520123456", email: null },
      fulfilment: { type: "delivery", address: "Nygade 1", table: null, server: null },
      notes: "Ring at Maria's",
      extensions: { sela: { customer_note: "Maria" } },
    } as const;
    const make = async (createdMs: number, status: Order["status"]) => {
      const order = world.anOrder(store, { ...personal, createdAt: at(createdMs) });
      await create(world, order);
      if (status !== "pending") await change(world, order, { status });
      return order.id;
    };
    const old = [await make(1, "completed"), await make(2, "rejected"), await make(3, "cancelled")];
    const kept = [await make(4, "pending"), await make(5, "accepted"), await make(100, "failed")];
    const forget = (limit: number) => world.driver.forgetCustomers({ before: T0 + 100, limit });
    const knows = async (id: string) => JSON.stringify(await world.driver.getOrder(id)).includes("Maria");
    expect(await forget(2)).toBe(2);
    expect(await Promise.all(old.map(knows))).toEqual([false, false, true]);
    expect([await forget(2), await forget(2)]).toEqual([1, 0]);
    expect(await Promise.all([...old, ...kept].map(knows))).toEqual([false, false, false, true, true, true]);
    expect(await world.driver.getOrder(old[0] ?? "")).toMatchObject({
      status: "completed",
      version: 2,
      totals: { totalMinor: 900 },
      fulfilment: { type: "delivery", address: null },
    });
  });

  it("refuses events that were matched against older endpoints, and saves nothing", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { version } = await world.driver.storeEndpoints(store.id);
    await world.endpoint(store);
    const order = world.anOrder(store);
    expect(await create(world, order, [world.anEvent(store, [endpoint], { version })])).toEqual({
      kind: "stale_endpoints",
    });
    expect(await world.driver.getOrder(order.id)).toBeNull();
    const fresh = world.anEvent(store, [endpoint], { version: version + 1 });
    expect(await create(world, order, [fresh])).toMatchObject({ kind: "saved" });
  });

  it("lists orders newest first, by store, status and time", async () => {
    const { world } = use;
    const store = await world.store();
    const orders: Order[] = [];
    for (let i = 0; i < 5; i++) {
      const status = i % 2 === 0 ? "pending" : "completed";
      const order = world.anOrder(store, { status, createdAt: iso(T0 + i) });
      await create(world, order);
      orders.push(order);
    }
    const other = world.anOrder(await world.store(), { createdAt: iso(T0 + 9) });
    await create(world, other);
    const list = (filter: object) =>
      world.driver.listOrders({ statuses: [], limit: 9, cursor: null, ...filter });
    const first = await list({ storeId: store.id, limit: 3 });
    const second = await list({ storeId: store.id, limit: 3, cursor: first.nextCursor });
    expect([...first.rows, ...second.rows]).toEqual(orders.toReversed());
    expect(second.nextCursor).toBeNull();
    expect(ids((await list({ storeId: store.id, statuses: ["pending"] })).rows)).toEqual(
      [4, 2, 0].map((index) => orders[index]?.id),
    );
    expect((await list({ storeId: store.id, statuses: ["pending", "completed"] })).rows).toHaveLength(5);
    expect(ids((await list({ storeId: store.id, since: T0 + 3 })).rows)).toEqual([
      orders[4]?.id,
      orders[3]?.id,
    ]);
    expect(ids((await list({ limit: 2 })).rows)).toEqual([other.id, orders[4]?.id]);
  });

  it("lists pending orders that nobody accepted in time, the longest overdue first", async () => {
    const { world } = use;
    const store = await world.store();
    const [later, first] = [
      world.anOrder(store, { acceptBy: iso(T0 + 20) }),
      world.anOrder(store, { acceptBy: iso(T0 + 10) }),
    ];
    const accepted = world.anOrder(store, { acceptBy: iso(T0 + 5) });
    for (const order of [later, first, accepted, world.anOrder(store)]) await create(world, order);
    await change(world, accepted, { status: "accepted" });
    const overdue = async (now: number, limit = 9) => ids(await world.driver.listOverdueOrders(now, limit));
    expect(await overdue(T0 + 9)).toEqual([]);
    expect(await overdue(T0 + 30)).toEqual([first.id, later.id]);
    expect(await overdue(T0 + 30, 1)).toEqual([first.id]);
  });
}
