import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { T0, World } from "../conformance/world.ts";
import type { Hint, StoreDriver } from "../driver.ts";
import { databaseOf } from "./database.fixture.ts";

describe("two processes on one database", () => {
  let world: World;
  let one: StoreDriver;
  let other: StoreDriver;
  beforeEach(async () => {
    const opened = await databaseOf();
    world = new World(opened);
    one = opened.driver;
    other = await opened.reopen();
  });
  afterEach(() => world.close());

  it("accept an event once, whichever it reaches first", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const events = Array.from({ length: 40 }, () => world.anEvent(store, [endpoint]));
    const results = await Promise.all(
      events.flatMap((event) => [one.acceptEvent(event), other.acceptEvent(event)]),
    );
    expect(results.filter(({ kind }) => kind === "accepted")).toHaveLength(40);
    expect(results.filter(({ kind }) => kind === "exists")).toHaveLength(40);
    expect(await one.countDeliveries({})).toMatchObject({ pending: 40 });
  });

  it("share a store's quota", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const accept = (driver: StoreDriver) =>
      driver.acceptEvent(world.anEvent(store, [endpoint, endpoint], { limit: 30 }));
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => accept(i % 2 ? one : other)));
    const placed = results.flatMap((result) => ("placements" in result ? result.placements : []));
    expect(placed.filter((placement) => placement.placed === "leased")).toHaveLength(30);
    expect(placed).toHaveLength(80);
  });

  it("hand nothing over past what the other has queued where quota is counted, and charge none for it", async () => {
    const store = await world.store();
    const [endpoint, free] = [await world.endpoint(store), await world.endpoint(store)];
    await world.queue(store, endpoint);
    const event = world.anEvent(store, [endpoint, free], { limit: 1, ifFirst: true });
    const accepted = await other.acceptEvent(event);
    expect(accepted).toMatchObject({ placements: [{ placed: "queued" }, { placed: "leased" }] });
    const claimed = await world.claim(store, [endpoint]);
    expect(claimed.deliveries.map(({ eventId }) => eventId).at(-1)).toBe(event.event.id);
    const next = await other.acceptEvent(world.anEvent(store, [endpoint], { limit: 9, ifFirst: true }));
    expect(next).toMatchObject({ placements: [{ placed: "leased" }] });
  });

  it("claim each delivery once", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    for (let i = 0; i < 100; i++) await world.queue(store, endpoint);
    const claimed: string[] = [];
    await Promise.all(
      [one, other, one, other].map(async (driver, index) => {
        for (let round = 0; round < 10; round++) {
          const { deliveries } = await driver.claimDue({
            now: T0,
            holder: null,
            lease: { token: `lease_${index}_${round}`, until: T0 + 1 },
            storeId: store.id,
            lanes: [{ endpointId: endpoint.id, max: 7 }],
            quota: { hour: 1, limit: null },
            except: [],
          });
          claimed.push(...deliveries.map(({ id }) => id));
        }
      }),
    );
    expect(claimed).toHaveLength(100);
    expect(new Set(claimed).size).toBe(100);
  });

  it("refuse what was matched before the other changed an endpoint", async () => {
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { version } = await one.storeEndpoints(store.id);
    expect(await one.acceptEvent(world.anEvent(store, [endpoint], { version }))).toMatchObject({
      kind: "accepted",
    });
    await other.updateEndpoint(endpoint.id, 1, { state: "paused" }, false, world.audit());
    expect(await one.acceptEvent(world.anEvent(store, [endpoint], { version }))).toEqual({
      kind: "stale_endpoints",
    });
  });

  it("hear each other's hints, put together", async () => {
    const heard: Hint[] = [];
    const complete = new Promise<void>((resolve) => {
      other.hints?.listen((hint) => {
        heard.push(hint);
        if (hint.kind === "due") resolve();
      });
    });
    // Until it listens, what is said is lost: that is what a hint is.
    const again = setInterval(() => {
      for (const storeId of ["store_1", "store_1"]) one.hints?.say({ kind: "endpoints", storeId });
      one.hints?.say({ kind: "due", endpointIds: ["wh_1"] });
    }, 50);
    await complete;
    clearInterval(again);
    expect(heard).toEqual([
      { kind: "endpoints", storeId: "store_1" },
      { kind: "due", endpointIds: ["wh_1"] },
    ]);
  });
});
