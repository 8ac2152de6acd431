import { afterEach, describe, expect, test } from "vitest";
import type { Plan } from "../../packages/server/src/domain/store.ts";
import type { EngineParts } from "../../packages/server/src/engine/create.ts";
import { openEmbedded, openServer } from "../stores.ts";
import { OK, Rig, status } from "./rig.ts";

const BACKLOG = 600;
/** One request takes so long: eight at once are forty a second. */
const ANSWER_MS = 200;
/** A backlog of this lane takes fifteen seconds. */
const limits = { lane: { maxInFlight: 8, minInFlight: 8, window: 64 }, maxInFlight: 256, window: 256 };

class SlowRig extends Rig {
  answerMs = 0;

  protected override build(...[transport, parts]: Parameters<Rig["build"]>) {
    return super.build(transport, { ...parts, limits } satisfies Partial<EngineParts>);
  }

  /** A store and its endpoint, behind which `BACKLOG` events of as many orders wait; the last is of "table 7". */
  async backlog(plan: Plan = "enterprise") {
    const store = await this.store(plan);
    const endpoint = await this.endpoint(store, "standard", { state: "paused" });
    const waiting = await this.publishMany(store, BACKLOG - 1);
    waiting.push(await this.publish(store, this.engine, "table 7"));
    const timers = this.world.timers(() => true);
    this.answer = () => new Promise((end) => timers.after(ANSWER_MS, () => end(OK)));
    await this.change(endpoint.id, { state: "active" });
    await this.pass(1_000);
    return { store, endpoint, waiting };
  }

  get arrived(): string[] {
    return this.sent.map(({ headers }) => String(headers["webhook-id"]));
  }
}

let rig: SlowRig;
afterEach(() => rig.remove());

describe.each([
  ["SQLite", openEmbedded],
  ["PostgreSQL", openServer],
])("on %s, past a backlog", (_, open) => {
  test("a new order is told at once, and what is told of it later, in order", async () => {
    rig = await new SlowRig(await open()).start();
    const { store, waiting } = await rig.backlog();
    const events: string[] = [];
    for (let i = 0; i < 4; i++) events.push(await rig.publish(store, rig.engine, "table 8"));
    await rig.pass(1_500);
    const { arrived } = rig;
    expect(arrived.filter((id) => events.includes(id))).toEqual(events);
    expect(arrived.length).toBeLessThan(BACKLOG / 2);
    await rig.pass(60_000);
    expect(new Set(rig.arrived)).toEqual(new Set([...waiting, ...events]));
    expect(rig.arrived).toHaveLength(BACKLOG + events.length);
  });

  test("what has something that waits there goes behind it", async () => {
    rig = await new SlowRig(await open()).start();
    const { store, endpoint, waiting } = await rig.backlog();
    const behind = await rig.publish(store, rig.engine, "table 7");
    // While the endpoint is paused an order's event is queued, so that the next of it may not go before.
    const events = [await rig.publish(store, rig.engine, "table 8")];
    await rig.pass(500);
    await rig.change(endpoint.id, { state: "paused" });
    events.push(await rig.publish(store, rig.engine, "table 8"));
    await rig.change(endpoint.id, { state: "active" });
    events.push(await rig.publish(store, rig.engine, "table 8"));
    await rig.pass(3_000);
    expect(rig.arrived).toContain(events[0]);
    for (const id of [behind, ...events.slice(1)]) expect(rig.arrived).not.toContain(id);
    await rig.pass(60_000);
    expect(rig.arrived.filter((id) => events.includes(id))).toEqual(events);
    expect(rig.arrived.indexOf(behind)).toBeGreaterThan(rig.arrived.indexOf(waiting.at(-1) as string));
  });

  test("of more than may pass at once, those of one order stay in order", async () => {
    rig = await new SlowRig(await open()).start();
    const { store } = await rig.backlog();
    const events: string[] = [];
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        events[index] = await rig.publish(store, rig.engine, `table ${100 + (index % 20)}`);
      }),
    );
    await rig.pass(60_000);
    for (let table = 0; table < 20; table++) {
      const mine = events.filter((_, index) => index % 20 === table);
      expect(rig.arrived.filter((id) => mine.includes(id))).toEqual(mine);
    }
  });

  test("what has passed and was given back before it was sent is not passed by the next of its order", async () => {
    rig = await new SlowRig(await open()).start();
    const { store, endpoint } = await rig.backlog();
    const events = [await rig.publish(store, rig.engine, "table 8")];
    await rig.change(endpoint.id, { state: "paused" });
    await rig.change(endpoint.id, { state: "active" });
    events.push(await rig.publish(store, rig.engine, "table 8"));
    await rig.pass(60_000);
    expect(rig.arrived.filter((id) => events.includes(id))).toEqual(events);
  });

  test("many new orders take no more than their share: what waits goes on", async () => {
    rig = await new SlowRig(await open()).start();
    const { store, waiting } = await rig.backlog();
    const fresh: string[] = [];
    for (let second = 0; second < 10; second++) {
      fresh.push(...(await rig.publishMany(store, 60)));
      await rig.pass(1_000);
    }
    const { arrived } = rig;
    const old = arrived.filter((id) => waiting.includes(id));
    // Twice as much is new as the endpoint can take. Half of its turns are left to what is older.
    expect(old.length).toBeGreaterThan(arrived.length * 0.45);
    expect(arrived.length - old.length).toBeGreaterThan(100);
    await rig.pass(60_000);
    expect(new Set(rig.arrived)).toEqual(new Set([...waiting, ...fresh]));
  });

  test("nothing goes where the endpoint fails, or the store's hours are counted", async () => {
    rig = await new SlowRig(await open()).start();
    const limited = await rig.backlog("grow");
    const before = await rig.publish(limited.store);
    await rig.pass(1_000);
    expect(rig.arrived).not.toContain(before);

    const failing = await rig.backlog();
    const timers = rig.world.timers(() => true);
    rig.answer = () => new Promise((end) => timers.after(ANSWER_MS, () => end(status(500))));
    await rig.pass(2_000);
    const behind = await rig.publish(failing.store);
    await rig.pass(1_000);
    expect(rig.arrived).not.toContain(behind);
  });
});
