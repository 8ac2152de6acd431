import { expect, it } from "vitest";
import { ids, type Open, T0, useWorld } from "./world.ts";

const SOON = T0 + 10_000;

export function lanesConformance(open: Open): void {
  const use = useWorld(open);

  it("lists the processes that are alive, sorted, until they leave or fall silent", async () => {
    const { driver } = use.world;
    const beat = async (process: string, now: number) =>
      (await driver.beat({ process, until: now + 10_000, now })).live;
    expect(await beat("b", T0)).toEqual(["b"]);
    expect(await beat("a", T0 + 5_000)).toEqual(["a", "b"]);
    expect(await beat("a", T0 + 9_999)).toEqual(["a", "b"]);
    expect(await beat("a", T0 + 10_000)).toEqual(["a"]);
    expect(await beat("b", T0 + 11_000)).toEqual(["a", "b"]);
    expect(await driver.liveProcesses(T0 + 19_999)).toEqual(["a", "b"]);
    expect(await driver.liveProcesses(T0 + 20_000)).toEqual(["b"]);
    await driver.leave("a");
    await driver.leave("unknown");
    expect(await beat("b", T0 + 12_000)).toEqual(["b"]);
    expect(await driver.liveProcesses(T0 + 12_000)).toEqual(["b"]);
  });

  it("tells a process that it is new, also where it was silent for so long that it was forgotten", async () => {
    const { driver } = use.world;
    const beat = async (process: string, now: number) =>
      (await driver.beat({ process, until: now + 10_000, now })).isNew;
    expect(await beat("a", T0)).toBe(true);
    expect(await beat("a", T0 + 5_000)).toBe(false);
    // Late, and nobody has noticed.
    expect(await beat("a", T0 + 20_000)).toBe(false);
    expect(await beat("b", T0 + 30_000)).toBe(true);
    expect(await beat("a", T0 + 30_000)).toBe(true);
    await driver.leave("a");
    expect(await beat("a", T0 + 30_001)).toBe(true);
  });

  it("gives a lane to one holder at a time, until it is released or has run out", async () => {
    const { world } = use;
    const store = await world.store();
    const [a, b] = ids([await world.endpoint(store), await world.endpoint(store)]) as [string, string];
    const hold = (holder: string, now: number, endpointIds = [a, b]) =>
      world.driver.holdLanes({ holder, until: now + 10_000, now, endpointIds });
    expect(await hold("one", T0, [b])).toEqual([b]);
    expect(await hold("two", T0)).toEqual([a]);
    expect(await hold("one", T0 + 9_999)).toEqual([b]);
    expect(await hold("two", T0 + 10_000)).toEqual([a]);
    expect(await hold("two", T0 + 19_999)).toEqual([a, b]);
    await world.driver.releaseLanes({ holder: "one", endpointIds: [a, b] });
    expect(await hold("one", T0 + 19_999)).toEqual([]);
    await world.driver.releaseLanes({ holder: "two", endpointIds: [a] });
    expect(await hold("one", T0 + 19_999, [a, "wh_unknown", b])).toEqual([a]);
  });

  it("gives a lane to one of many that ask for it at once", async () => {
    const { world } = use;
    const endpoint = await world.endpoint(await world.store());
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((holder) =>
        world.driver.holdLanes({ holder, until: SOON, now: T0, endpointIds: [endpoint.id] }),
      ),
    );
    expect(answers.flat()).toEqual([endpoint.id]);
  });

  it("lets nobody claim from a lane that another holds, nor tells of what is due in it", async () => {
    const { world } = use;
    const store = await world.store();
    const [held, free] = [await world.endpoint(store), await world.endpoint(store)];
    const mine = await world.queue(store, held);
    const open = await world.queue(store, free);
    await world.driver.holdLanes({ holder: "one", until: SOON, now: T0, endpointIds: [held.id] });
    const due = async (holder: string | null, now = T0) =>
      new Set(
        (await world.driver.dueLanes({ now, ahead: true, holder, among: null })).map(
          ({ endpointId }) => endpointId,
        ),
      );
    expect(await due("two")).toEqual(new Set([free.id]));
    expect(await due("one")).toEqual(new Set([held.id, free.id]));
    expect(await due(null)).toEqual(new Set([held.id, free.id]));
    expect(await due("two", SOON)).toEqual(new Set([held.id, free.id]));
    const theirs = await world.claim(store, [held, free], { holder: "two" });
    expect(ids(theirs.deliveries)).toEqual([open]);
    expect(theirs.next).toEqual({ [held.id]: null, [free.id]: null });
    expect(ids((await world.claim(store, [held], { holder: "one" })).deliveries)).toEqual([mine]);
  });

  it("does not check the holder where the claim names none", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.queue(store, endpoint);
    await world.driver.holdLanes({ holder: "one", until: SOON, now: T0, endpointIds: [endpoint.id] });
    expect(ids((await world.claim(store, [endpoint])).deliveries)).toEqual([id]);
  });

  it("says with every claim which version of the store's endpoints is current", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const version = async () => (await world.driver.storeEndpoints(store.id)).version;
    expect((await world.claim(store, [endpoint])).endpointsVersion).toBe(await version());
    await world.driver.updateEndpoint(endpoint.id, 1, { state: "paused" }, false, world.audit());
    expect((await world.claim(store, [endpoint])).endpointsVersion).toBe(await version());
    expect((await world.claim(world.aStore(), [endpoint])).endpointsVersion).toBe(0);
  });
}
