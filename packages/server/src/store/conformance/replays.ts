import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../domain/endpoint.ts";
import type { Store } from "../../domain/store.ts";
import type { ReplayJob } from "../driver.ts";
import { ids, type Open, T0, useWorld, type World } from "./world.ts";

const aJob = (
  world: World,
  store: Store,
  endpoint: Endpoint,
  over: Partial<ReplayJob> = {},
): Omit<ReplayJob, "total"> => ({
  id: world.id("rpl_"),
  storeId: store.id,
  endpointId: endpoint.id,
  since: T0,
  until: T0 + 1_000,
  status: "dead_letter",
  state: "running",
  replayed: 0,
  position: null,
  createdAt: T0 + 2_000,
  updatedAt: T0 + 2_000,
  ...over,
});

/** A store with an endpoint and `count` dead letters, a millisecond apart. */
async function withDeadLetters(world: World, count: number) {
  const store = await world.store();
  const endpoint = await world.endpoint(store);
  const dead: string[] = [];
  for (let i = 0; i < count; i++) dead.push(await world.deadLetter(store, endpoint, { at: T0 + i }));
  return { store, endpoint, dead };
}

/** A delivery that has failed once and waits. */
async function aRetry(world: World, store: Store, endpoint: Endpoint, nextAttemptAt = T0 + 9_000) {
  const id = await world.publishOne(store, endpoint);
  await world.settle(id, endpoint, { settlement: { status: "retrying", nextAttemptAt } });
  return id;
}

export function replaysConformance(open: Open): void {
  const use = useWorld(open);

  describe("of one delivery", () => {
    it("opens it again: due now, from the start of its retry table, with its attempts kept", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 1);
      const [id = ""] = dead;
      expect(await world.driver.replayDelivery(id, T0 + 70, world.audit("delivery.replay"))).toBe("replayed");
      expect(await world.delivery(id)).toMatchObject({
        status: "pending",
        nextAttemptAt: T0 + 70,
        failures: 0,
        refused: false,
        attempts: [{ number: 1 }],
      });
      expect((await world.driver.listAudit({ limit: 1, cursor: null })).rows[0]?.action).toBe(
        "delivery.replay",
      );
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + 70, limit: 0 });
      expect(deliveries).toMatchObject([{ id, attemptCount: 1, failures: 0 }]);
    });

    it("keeps when it was delivered before until it is delivered again", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await world.publishOne(store, endpoint);
      await world.settle(id, endpoint, { attempt: { at: T0 + 1 } });
      await world.driver.replayDelivery(id, T0 + 70, world.audit());
      expect(await world.delivery(id)).toMatchObject({ status: "pending", deliveredAt: T0 + 1 });
      await world.claim(store, [endpoint], { now: T0 + 70 });
      await world.settle(id, endpoint, { token: "lease_b", attempt: { number: 2, at: T0 + 99 } });
      expect(await world.delivery(id)).toMatchObject({ status: "delivered", deliveredAt: T0 + 99 });
    });

    it("tries at once what waits for a retry, from the start of its retry table, unless it is being tried", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const id = await aRetry(world, store, endpoint);
      const replay = () => world.driver.replayDelivery(id, T0 + 70, world.audit());
      expect(await replay()).toBe("replayed");
      expect(await world.delivery(id)).toMatchObject({
        status: "pending",
        nextAttemptAt: T0 + 70,
        failures: 0,
        attempts: [{ number: 1 }],
      });
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + 70, limit: 0 });
      expect(deliveries).toMatchObject([{ id, attemptCount: 1, failures: 0 }]);
      expect(await replay()).toBe("under_way");
      const settlement = { status: "retrying", nextAttemptAt: T0 + 9_000 } as const;
      await world.settle(id, endpoint, { token: "lease_b", attempt: { number: 2 }, settlement });
      await world.claim(store, [endpoint], { now: T0 + 9_000, token: "lease_c" });
      expect(await replay()).toBe("under_way");
    });

    it("is refused while it is under way, when its endpoint is deleted, and when it is not there", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 1);
      const replay = (id: string) => world.driver.replayDelivery(id, T0, world.audit());
      expect(await replay(await world.queue(store, endpoint))).toBe("under_way");
      expect(await replay(await world.publishOne(store, endpoint))).toBe("under_way");
      expect(await replay("del_unknown")).toBe("not_found");
      await world.driver.deleteEndpoint(endpoint.id, world.audit());
      expect(await replay(dead[0] ?? "")).toBe("endpoint_deleted");
    });
  });

  describe("of many", () => {
    it("counts what matches when it is made, and keeps the first of two with one id", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 4);
      await world.publish(store, [endpoint]);
      const job = aJob(world, store, endpoint, { since: T0 + 1, until: T0 + 2 });
      const made = await world.driver.createReplay(job, world.audit());
      expect(made).toEqual({ ...job, total: 2 });
      expect(await world.driver.createReplay({ ...job, since: 0 }, world.audit())).toEqual(made);
      expect(await world.driver.getReplay(job.id)).toEqual(made);
      expect(await world.driver.getReplay("rpl_unknown")).toBeNull();
      expect(await world.driver.listRunningReplays()).toEqual([made]);
      expect(dead).toHaveLength(4);
    });

    it("reopens them oldest first, in steps, and ends when it has passed the last", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 5);
      const other = await world.endpoint(store);
      const elsewhere = await world.deadLetter(store, other);
      const job = await world.driver.createReplay(aJob(world, store, endpoint), world.audit());
      const step = () => world.driver.stepReplay(job.id, 2, T0 + 3_000);
      expect(await step()).toEqual({
        ...job,
        replayed: 2,
        position: dead[1],
        updatedAt: T0 + 3_000,
      });
      const statuses = async () => Promise.all(dead.map(async (id) => (await world.delivery(id)).status));
      expect(await statuses()).toEqual(["pending", "pending", "dead_letter", "dead_letter", "dead_letter"]);
      expect(await step()).toMatchObject({ state: "running", replayed: 4 });
      expect(await step()).toMatchObject({ state: "done", replayed: 5, position: dead[4] });
      expect(await step()).toMatchObject({ state: "done", replayed: 5 });
      expect(await world.driver.listRunningReplays()).toEqual([]);
      expect((await world.delivery(elsewhere)).status).toBe("dead_letter");
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + 3_000, limit: 0 });
      expect(ids(deliveries)).toEqual(dead);
    });

    it("tries at once what waits for a retry, and leaves alone what is being tried or never was", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      const waiting = [await aRetry(world, store, endpoint), await aRetry(world, store, endpoint)];
      const tried = await aRetry(world, store, endpoint, T0 + 50);
      await world.claim(store, [endpoint], { now: T0 + 50, limit: 0 });
      const fresh = await world.queue(store, endpoint);
      const dead = await world.deadLetter(store, endpoint);
      const job = await world.driver.createReplay(
        aJob(world, store, endpoint, { status: "retrying" }),
        world.audit(),
      );
      for (let i = 0; i < 5; i++) await world.driver.stepReplay(job.id, 2, T0 + 70);
      expect(await world.driver.getReplay(job.id)).toMatchObject({ state: "done", replayed: 2 });
      for (const id of waiting) {
        expect(await world.delivery(id)).toMatchObject({ status: "pending", nextAttemptAt: T0 + 70 });
      }
      expect(await world.delivery(tried)).toMatchObject({ status: "retrying", leased: true });
      expect(await world.delivery(fresh)).toMatchObject({ status: "pending", nextAttemptAt: T0 });
      expect((await world.delivery(dead)).status).toBe("dead_letter");
    });

    it("passes over what has another status by then, and never touches a test send", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 3);
      const test = await world.publishOne(store, endpoint, { test: true, at: T0 + 1 });
      await world.settle(test, endpoint, {
        test: true,
        settlement: { status: "dead_letter", refused: false },
      });
      const job = await world.driver.createReplay(aJob(world, store, endpoint), world.audit());
      expect(job.total).toBe(3);
      await world.driver.replayDelivery(dead[1] ?? "", T0, world.audit());
      await world.claim(store, [endpoint]);
      await world.settle(dead[1] ?? "", endpoint, { token: "lease_b", attempt: { number: 2 } });
      const ended = await runOut(world, job.id);
      expect(ended).toMatchObject({ state: "done", replayed: 2, total: 3 });
      expect((await world.delivery(dead[1] ?? "")).status).toBe("delivered");
      expect((await world.delivery(test)).status).toBe("dead_letter");
    });

    it("replays delivered ones where that is asked for, each once", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 2);
      const delivered = [];
      for (let i = 0; i < 5; i++) {
        const id = await world.publishOne(store, endpoint, { at: T0 + 10 + i });
        await world.settle(id, endpoint);
        delivered.push(id);
      }
      const job = await world.driver.createReplay(
        aJob(world, store, endpoint, { status: "delivered", until: T0 + 13 }),
        world.audit(),
      );
      expect(job.total).toBe(4);
      expect(await runOut(world, job.id)).toMatchObject({ state: "done", replayed: 4 });
      const { deliveries } = await world.claim(store, [endpoint], { now: T0 + 5_000 });
      expect(ids(deliveries)).toEqual(delivered.slice(0, 4));
      expect((await world.delivery(dead[0] ?? "")).status).toBe("dead_letter");
    });

    it("stands still while it is paused, goes on where it was, and ends when it is cancelled", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 4);
      const job = await world.driver.createReplay(aJob(world, store, endpoint), world.audit());
      const set = (state: "running" | "paused" | "cancelled") =>
        world.driver.setReplayState(job.id, state, T0 + 4_000, world.audit());
      const step = () => world.driver.stepReplay(job.id, 1, T0 + 3_000);
      await step();
      expect(await set("paused")).toMatchObject({ state: "paused", replayed: 1, updatedAt: T0 + 4_000 });
      expect(await step()).toMatchObject({ state: "paused", replayed: 1 });
      expect(await world.driver.listRunningReplays()).toEqual([]);
      expect(await set("running")).toMatchObject({ state: "running" });
      expect(await step()).toMatchObject({ replayed: 2, position: dead[1] });
      expect(await set("cancelled")).toMatchObject({ state: "cancelled", replayed: 2 });
      expect(await set("running")).toMatchObject({ state: "cancelled" });
      expect(await step()).toMatchObject({ state: "cancelled", replayed: 2 });
      expect((await world.delivery(dead[2] ?? "")).status).toBe("dead_letter");
      expect(await world.driver.setReplayState("rpl_unknown", "paused", T0, world.audit())).toBeNull();
    });

    it("goes on where it was after the process has died", async () => {
      const { world } = use;
      const { store, endpoint } = await withDeadLetters(world, 3);
      const job = await world.driver.createReplay(aJob(world, store, endpoint), world.audit());
      await world.driver.stepReplay(job.id, 2, T0 + 3_000);
      await world.crash();
      expect(await runOut(world, job.id)).toMatchObject({ state: "done", replayed: 3 });
    });

    it("lists jobs newest first, running and ended, of one store, endpoint or state where asked", async () => {
      const { world } = use;
      const { driver } = world;
      const { store, endpoint } = await withDeadLetters(world, 1);
      const elsewhere = await withDeadLetters(world, 1);
      const make = (of: typeof elsewhere | { store: Store; endpoint: Endpoint }) =>
        driver.createReplay(aJob(world, of.store, of.endpoint), world.audit());
      const made = [await make({ store, endpoint }), await make(elsewhere), await make({ store, endpoint })];
      const ended = await runOut(world, made[0]?.id ?? "");
      const all = await driver.listReplays({ limit: 3, cursor: null });
      expect(all).toEqual({ rows: [made[2], made[1], ended], nextCursor: null });
      const first = await driver.listReplays({ limit: 1, cursor: null, storeId: store.id });
      const rest = await driver.listReplays({ limit: 1, cursor: first.nextCursor, storeId: store.id });
      expect([...first.rows, ...rest.rows]).toEqual([made[2], ended]);
      expect(rest.nextCursor).toBeNull();
      const narrow = { limit: 9, cursor: null, endpointId: endpoint.id, state: "done" } as const;
      expect((await driver.listReplays(narrow)).rows).toEqual([ended]);
      expect((await driver.listReplays({ ...narrow, storeId: elsewhere.store.id })).rows).toEqual([]);
    });

    it("ends when its endpoint is deleted", async () => {
      const { world } = use;
      const { store, endpoint, dead } = await withDeadLetters(world, 1);
      const job = await world.driver.createReplay(aJob(world, store, endpoint), world.audit());
      await world.driver.deleteEndpoint(endpoint.id, world.audit());
      expect(await world.driver.stepReplay(job.id, 5, T0)).toMatchObject({ state: "cancelled", replayed: 0 });
      expect((await world.delivery(dead[0] ?? "")).status).toBe("dead_letter");
    });

    it("opens nothing that is not settled", async () => {
      const { world } = use;
      const store = await world.store();
      const endpoint = await world.endpoint(store);
      await world.queue(store, endpoint);
      const job = await world.driver.createReplay(
        aJob(world, store, endpoint, { status: "pending" }),
        world.audit(),
      );
      expect(job.total).toBe(0);
      expect(await runOut(world, job.id)).toMatchObject({ state: "done", replayed: 0 });
    });
  });
}

async function runOut(world: World, id: string): Promise<ReplayJob | null> {
  for (let steps = 0; steps < 50; steps++) {
    const job = await world.driver.stepReplay(id, 2, T0 + 3_000);
    if (job?.state !== "running") return job;
  }
  throw new Error("The replay does not end.");
}
