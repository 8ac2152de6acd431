import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { T0, World } from "../conformance/world.ts";
import { StorageFull } from "../driver.ts";
import { openSqlite } from "./index.ts";

describe("a full disk", () => {
  it("refuses what it cannot keep, keeps what it acknowledged, and goes on by itself when there is room", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ticketrail-full-"));
    const driver = await openSqlite({ path: join(folder, "hub.db"), maxPages: 180 });
    const close = async () => {
      await driver.close();
      await rm(folder, { recursive: true });
    };
    const world = new World({ driver, reopen: () => Promise.reject(new Error("Not here.")), close });
    try {
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const accepted: string[] = [];
      const publish = async () => {
        const group = await Promise.allSettled([
          world.publishOne(store, endpoint),
          world.publishOne(store, endpoint),
        ]);
        for (const result of group) if (result.status === "fulfilled") accepted.push(result.value);
        return group;
      };
      for (let i = 0; i < 40; i++) await world.settle(await world.publishOne(store, endpoint), endpoint);
      const refused: PromiseRejectedResult[] = [];
      for (let i = 0; i < 2_000 && refused.length < 5; i++) {
        const failures = (await publish()).filter((result) => result.status === "rejected");
        refused.push(...failures);
      }
      expect(refused.length).toBeGreaterThan(0);
      for (const { reason } of refused) expect(reason).toBeInstanceOf(StorageFull);
      expect(accepted.length).toBeGreaterThan(10);
      expect(await driver.countDeliveries({})).toMatchObject({ pending: accepted.length, delivered: 40 });
      // Room comes from what has outlived its keep.
      await driver.prune({ now: T0 + 9, settledBefore: T0 + 99, deadLettersBefore: 0, limit: 40 });
      expect(await world.publishOne(store, endpoint)).toBeTruthy();
    } finally {
      await world.close();
    }
  });
});
