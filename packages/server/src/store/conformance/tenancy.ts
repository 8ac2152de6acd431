import { describe, expect, it } from "vitest";
import { ids, type Open, T0, useWorld } from "./world.ts";

export function tenancyConformance(open: Open): void {
  const use = useWorld(open);

  describe("stores", () => {
    it("gives back a store as it was made", async () => {
      const { world } = use;
      const store = world.aStore({ externalId: "pos-7", name: "Zum Löwen", plan: "enterprise" });
      expect(await world.driver.createStore(store, world.audit())).toEqual(store);
      expect(await world.driver.getStore(store.id)).toEqual(store);
      expect(await world.driver.getStore("store_unknown")).toBeNull();
    });

    it("keeps the first of two stores with one id, and writes no second audit row", async () => {
      const { world } = use;
      const store = await world.store();
      const again = await world.driver.createStore({ ...store, name: "Other" }, world.audit());
      expect(again).toEqual(store);
      expect((await world.driver.listAudit({ limit: 10, cursor: null })).rows).toHaveLength(1);
    });

    it("changes the plan, the name and the time for acceptance, each alone", async () => {
      const { world } = use;
      const store = await world.store();
      const { driver } = world;
      expect(await driver.updateStore(store.id, { plan: "grow" }, world.audit())).toEqual({
        ...store,
        plan: "grow",
      });
      await driver.updateStore(store.id, { name: "New" }, world.audit());
      await driver.updateStore(store.id, { acceptWithinMinutes: 3 }, world.audit());
      expect(await driver.getStore(store.id)).toEqual({
        ...store,
        plan: "grow",
        name: "New",
        acceptWithinMinutes: 3,
      });
      expect(await driver.updateStore("store_unknown", { name: "New" }, world.audit())).toBeNull();
    });

    it("lists stores newest first, page by page, without repeating or missing one", async () => {
      const { world } = use;
      const made = [await world.store(), await world.store(), await world.store()];
      const first = await world.driver.listStores({ limit: 2, cursor: null });
      const second = await world.driver.listStores({ limit: 2, cursor: first.nextCursor });
      expect(ids([...first.rows, ...second.rows])).toEqual(ids(made).reverse());
      expect(second.nextCursor).toBeNull();
    });

    it("refuses a cursor that it has not given out", async () => {
      const { driver } = use.world;
      for (const cursor of ["?", "bm90IGpzb24", "W10", "WyJhIl0"]) {
        await expect(driver.listStores({ limit: 2, cursor })).rejects.toMatchObject({
          name: "InvalidCursor",
        });
      }
    });
  });

  describe("keys", () => {
    it("finds a key by its hash, its client and its id", async () => {
      const { world } = use;
      const store = await world.store();
      const client = { id: "client_1", secretHash: "s", refreshTokenHash: "r", webhookSecret: "w" };
      const key = world.aKey(store, { client, contract: "mipos" });
      await world.driver.createKey(key, world.audit());
      await world.driver.createKey(world.aKey(store), world.audit());
      expect(await world.driver.findKey(key.hash)).toEqual(key);
      expect(await world.driver.findKeyByClient("client_1")).toEqual(key);
      expect(await world.driver.getKey(key.id)).toEqual(key);
      expect(await world.driver.findKey("other")).toBeNull();
      expect(await world.driver.findKeyByClient("other")).toBeNull();
    });

    it("keeps the first of two keys with one id", async () => {
      const { world } = use;
      const key = world.aKey(await world.store());
      await world.driver.createKey(key, world.audit());
      await world.driver.createKey({ ...key, hash: "other" }, world.audit());
      expect(await world.driver.getKey(key.id)).toEqual(key);
      expect(await world.driver.findKey("other")).toBeNull();
    });

    it("lists keys newest first, of one store or contract where asked, page by page to the last", async () => {
      const { world } = use;
      const { driver } = world;
      const [one, other] = [await world.store(), await world.store()];
      const made = [];
      for (const [store, contract] of [
        [one, "sela"],
        [other, "sela"],
        [one, "standard"],
        [one, "sela"],
      ] as const) {
        const key = world.aKey(store, { contract, lastFour: "07af" });
        await driver.createKey(key, world.audit());
        made.unshift(key);
      }
      expect(await driver.listKeys({ limit: 4, cursor: null })).toEqual({ rows: made, nextCursor: null });
      const first = await driver.listKeys({ limit: 2, cursor: null, storeId: one.id });
      const rest = await driver.listKeys({ limit: 2, cursor: first.nextCursor, storeId: one.id });
      expect([...first.rows, ...rest.rows]).toEqual(made.filter(({ storeId }) => storeId === one.id));
      expect([first.rows.length, rest.nextCursor]).toEqual([2, null]);
      const narrow = { limit: 9, cursor: null, storeId: one.id, contract: "sela" };
      expect(ids((await driver.listKeys(narrow)).rows)).toEqual([made[0]?.id, made[3]?.id]);
      expect((await driver.listKeys({ ...narrow, storeId: "store_unknown" })).rows).toEqual([]);
      await expect(driver.listKeys({ limit: 2, cursor: "WzFd" })).rejects.toMatchObject({
        name: "InvalidCursor",
      });
    });

    it("finds a deleted key no more", async () => {
      const { world } = use;
      const key = world.aKey(await world.store());
      await world.driver.createKey(key, world.audit());
      expect(await world.driver.deleteKey(key.id, world.audit())).toBe(true);
      expect(await world.driver.deleteKey(key.id, world.audit())).toBe(false);
      expect(await world.driver.findKey(key.hash)).toBeNull();
    });
  });

  describe("the audit trail", () => {
    it("has a row for every change, newest first, and of one store alone where asked", async () => {
      const { world } = use;
      const one = await world.store();
      const other = await world.store();
      const endpoint = await world.endpoint(one);
      await world.driver.deleteEndpoint(endpoint.id, world.audit("endpoint.delete", one.id, endpoint.id));
      const all = await world.driver.listAudit({ limit: 10, cursor: null });
      expect(all.rows.map(({ action }) => action)).toEqual([
        "endpoint.delete",
        "endpoint.create",
        "store.create",
        "store.create",
      ]);
      expect(all.rows[0]).toMatchObject({
        at: T0,
        actor: "operator",
        storeId: one.id,
        targetId: endpoint.id,
      });
      const first = await world.driver.listAudit({ limit: 2, cursor: null, storeId: one.id });
      const rest = await world.driver.listAudit({ limit: 2, cursor: first.nextCursor, storeId: one.id });
      expect([...first.rows, ...rest.rows]).toHaveLength(3);
      expect((await world.driver.listAudit({ limit: 5, cursor: null, storeId: other.id })).rows).toHaveLength(
        1,
      );
    });

    it("has no row for what changed nothing", async () => {
      const { world } = use;
      const { driver } = world;
      await driver.updateStore("store_unknown", { name: "New" }, world.audit());
      await driver.deleteKey("key_unknown", world.audit());
      await driver.deleteEndpoint("wh_unknown", world.audit());
      await driver.replayDelivery("del_unknown", T0, world.audit());
      await driver.setReplayState("rpl_unknown", "paused", T0, world.audit());
      expect((await driver.listAudit({ limit: 5, cursor: null })).rows).toEqual([]);
    });
  });
}
