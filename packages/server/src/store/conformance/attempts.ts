import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../domain/store.ts";
import type { Settlement } from "../driver.ts";
import { ids, type Open, T0, useWorld } from "./world.ts";

const RETRY: Settlement = { status: "retrying", nextAttemptAt: T0 + 60_000 };

export function attemptsConformance(open: Open): void {
  const use = useWorld(open);

  it("settles a delivery with its attempt", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.publishOne(store, endpoint);
    expect(await world.settle(id, endpoint, { attempt: { durationMs: 12.5 } })).toBe(true);
    expect(await world.delivery(id)).toMatchObject({
      status: "delivered",
      nextAttemptAt: null,
      deliveredAt: T0 + 50,
      failures: 0,
      leased: false,
      attempts: [{ number: 1, at: T0 + 50, statusCode: 200, error: null, durationMs: 12.5 }],
    });
  });

  it("keeps a failed one for its retry, and each attempt in order", async () => {
    const { world } = use;
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const id = await world.publishOne(store, endpoint);
    const first = { number: 1, at: T0 + 1, statusCode: null, error: "timeout", durationMs: 10_000 } as const;
    await world.settle(id, endpoint, { settlement: RETRY, attempt: first });
    expect(await world.delivery(id)).toMatchObject({
      status: "retrying",
      nextAttemptAt: T0 + 60_000,
      failures: 1,
      endpointFailures: 1,
      leased: false,
    });
    await world.claim(store, [endpoint], { now: T0 + 60_000 });
    expect(await world.delivery(id)).toMatchObject({ status: "retrying", leased: true });
    const second = {
      number: 2,
      at: T0 + 60_001,
      statusCode: 410,
      error: "http_status",
      durationMs: 7,
    } as const;
    await world.settle(id, endpoint, {
      settlement: { status: "dead_letter", refused: true },
      token: "lease_b",
      attempt: second,
    });
    expect(await world.delivery(id)).toMatchObject({
      status: "dead_letter",
      nextAttemptAt: null,
      deliveredAt: null,
      failures: 2,
      refused: true,
      attempts: [first, second],
    });
  });

  describe("fencing", () => {
    it("refuses a write under another token, and one that comes twice, and changes nothing", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.publishOne(store, endpoint);
      expect(await world.settle(id, endpoint, { token: "lease_x" })).toBe(false);
      expect((await world.delivery(id)).status).toBe("pending");
      const record = world.aRecord(id, endpoint);
      expect(await world.driver.recordAttempts([record, record])).toEqual([true, false]);
      expect(await world.settle(id, endpoint, { settlement: RETRY })).toBe(false);
      expect(await world.delivery(id)).toMatchObject({ status: "delivered", attempts: [{ number: 1 }] });
      expect((await world.driver.getEndpoint(endpoint.id))?.record.consecutiveFailures).toBe(0);
      expect(await world.driver.endpointHealth(endpoint.id, T0)).toMatchObject({ succeeded: 1, failed: 0 });
    });

    it("writes what was sent without a lease while nobody else has leased or tried it", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const [a, b] = [await world.queue(store, endpoint), await world.queue(store, endpoint)];
      expect(await world.settle(a, endpoint, { token: null })).toBe(true);
      expect(await world.delivery(a)).toMatchObject({ status: "delivered", attempts: [{ number: 1 }] });
      expect(await world.settle(a, endpoint, { token: null })).toBe(false);
      expect(await world.settle(b, endpoint, { token: null, settlement: RETRY })).toBe(true);
      expect(await world.delivery(b)).toMatchObject({ status: "retrying", attempts: [{ number: 1 }] });
      expect(await world.settle(b, endpoint, { token: null })).toBe(false);
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + HOUR_MS });
      expect(ids(deliveries)).toEqual([b]);
    });

    it("refuses what was sent without a lease once it is leased to another", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.queue(store, endpoint);
      await world.claim(store, [endpoint], { token: "lease_b" });
      expect(await world.settle(id, endpoint, { token: null })).toBe(false);
      expect(await world.settle(id, endpoint, { token: "lease_b" })).toBe(true);
    });

    it("refuses the late write of a worker that was paused past its lease", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.publishOne(store, endpoint);
      expect(await world.driver.recoverLeases({ now: T0 + 30_000, everything: false })).toBe(0);
      expect(await world.driver.recoverLeases({ now: T0 + 30_001, everything: false })).toBe(1);
      await world.claim(store, [endpoint], { now: T0 + 40_000 });
      expect(await world.settle(id, endpoint, { settlement: RETRY, token: "lease_a" })).toBe(false);
      expect(await world.settle(id, endpoint, { token: "lease_b" })).toBe(true);
      expect(await world.settle(id, endpoint, { settlement: RETRY, token: "lease_a" })).toBe(false);
      expect(await world.delivery(id)).toMatchObject({ status: "delivered", failures: 0 });
    });

    it("says for each of many which were applied, in the order given", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const { deliveryIds } = await world.publish(store, [endpoint, endpoint, endpoint]);
      const records = [
        world.aRecord(deliveryIds[2] ?? "", endpoint),
        world.aRecord("del_unknown", endpoint),
        world.aRecord(deliveryIds[0] ?? "", endpoint, { token: "lease_x" }),
        world.aRecord(deliveryIds[1] ?? "", endpoint, { settlement: RETRY }),
      ];
      expect(await world.driver.recordAttempts(records)).toEqual([true, false, false, true]);
      expect(await world.driver.recordAttempts([])).toEqual([]);
      const calls = [[records[2]], [world.aRecord(deliveryIds[0] ?? "", endpoint)]];
      const applied = calls.map((call) =>
        world.driver.recordAttempts(call.flatMap((record) => record ?? [])),
      );
      expect(await Promise.all(applied)).toEqual([[false], [true]]);
    });
  });

  describe("leases", () => {
    it("are extended under their token, for what is still leased", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const { deliveryIds } = await world.publish(store, [endpoint, endpoint, endpoint]);
      await world.settle(deliveryIds[0] ?? "", endpoint);
      await world.publish(store, [endpoint], { token: "lease_other" });
      expect(await world.driver.extendLease({ token: "lease_a", until: T0 + 90_000 })).toBe(2);
      expect(await world.driver.extendLease({ token: "lease_x", until: T0 + 90_000 })).toBe(0);
      expect(await world.driver.recoverLeases({ now: T0 + 60_000, everything: false })).toBe(1);
      expect(await world.driver.recoverLeases({ now: T0 + 90_001, everything: false })).toBe(2);
    });

    it("are given back unsent under their token, due when they were, with no attempt counted", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const { deliveryIds } = await world.publish(store, [endpoint, endpoint], { at: T0 + 500 });
      const [id = "", settled = ""] = deliveryIds;
      await world.settle(settled, endpoint);
      const release = (token: string) => world.driver.releaseDeliveries({ token, deliveryIds });
      expect(await release("lease_x")).toBe(0);
      expect(await release("lease_a")).toBe(1);
      expect(await release("lease_a")).toBe(0);
      expect(await world.delivery(id)).toMatchObject({
        status: "pending",
        nextAttemptAt: T0 + 500,
        leased: false,
      });
      expect(await world.settle(id, endpoint)).toBe(false);
      expect((await world.claim(store, [endpoint], { now: T0 + 499 })).deliveries).toEqual([]);
      expect(ids((await world.claim(store, [endpoint], { now: T0 + 500 })).deliveries)).toEqual([id]);
    });

    it("keep their places when they are given back, however they come", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const queued: string[] = [];
      for (const at of [1, 2, 3, 3]) queued.push(await world.publishOne(store, endpoint, { at: T0 + at }));
      const [first, second, third, fourth] = queued as [string, string, string, string];
      for (const deliveryIds of [[fourth, first], [third], [second]]) {
        expect(await world.driver.releaseDeliveries({ token: "lease_a", deliveryIds })).toBe(
          deliveryIds.length,
        );
      }
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + 9 });
      expect(ids(deliveries)).toEqual(queued);
    });

    it("of a process that died are all freed by the next, and its late writes refused", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const first = await world.publishOne(store, endpoint);
      const retried = await world.publishOne(store, endpoint);
      await world.settle(retried, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 } });
      await world.claim(store, [endpoint]);
      await world.crash();
      expect(await world.driver.recoverLeases({ now: T0, everything: true })).toBe(2);
      expect(await world.driver.recoverLeases({ now: T0, everything: true })).toBe(0);
      expect(await world.settle(first, endpoint, { token: "lease_a" })).toBe(false);
      const { deliveries } = await world.claim(store, [endpoint], { token: "lease_c" });
      expect(new Set(ids(deliveries))).toEqual(new Set([first, retried]));
    });
  });

  describe("the log of attempts", () => {
    it("has one row an attempt, the newest delivery first, its last attempt first, by page", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const expected: [string, number][] = [];
      for (let i = 0; i < 3; i++) {
        const id = await world.publishOne(store, endpoint, { at: T0 + i });
        await world.settle(id, endpoint, { settlement: { status: "retrying", nextAttemptAt: T0 + 10 } });
        await world.claim(store, [endpoint], { now: T0 + 10 });
        await world.settle(id, endpoint, { token: "lease_b", attempt: { number: 2 } });
        expected.unshift([id, 2], [id, 1]);
      }
      await world.queue(store, endpoint);
      const page = async (number: number, limit: number) => {
        const { rows, total } = await world.driver.listAttempts(
          { endpointId: endpoint.id, page: number, limit },
          T0,
        );
        expect(total).toBe(6);
        return rows.map(({ delivery, attempt }) => [delivery.id, attempt.number]);
      };
      expect(await page(1, 10)).toEqual(expected);
      expect([...(await page(1, 3)), ...(await page(2, 3))]).toEqual(expected);
      expect(await page(2, 4)).toEqual(expected.slice(4));
      expect(await page(3, 3)).toEqual([]);
      expect(await world.driver.listAttempts({ endpointId: "wh_unknown", page: 1, limit: 5 }, T0)).toEqual({
        rows: [],
        total: 0,
      });
    });
  });
}
