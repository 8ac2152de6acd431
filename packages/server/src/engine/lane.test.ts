import { expect, test } from "vitest";
import type { Held } from "./held.ts";
import { heldDelivery as held } from "./lane.fixture.ts";
import { Lane } from "./lane.ts";
import { Turns } from "./turns.ts";

const limits = { maxInFlight: 8, minInFlight: 2, window: 100 };
const laneOf = (endpointId: string, tenantId = "ten_1", minInFlight = limits.minInFlight) =>
  new Lane({ endpointId, tenantId, storeId: "store_1" }, { ...limits, minInFlight });
/** As wide from the start as it may become. */
const wideLaneOf = (endpointId: string, tenantId = "ten_1") =>
  laneOf(endpointId, tenantId, limits.maxInFlight);
const OK = { succeeded: true, durationMs: 5 };
const BAD = { succeeded: false, durationMs: 5 };

test("the first attempt of an order's next event waits for the end of the one before", () => {
  const lane = laneOf("wh_1");
  const [first, second, other] = [held("a", "ord_1"), held("b", "ord_1"), held("c", "ord_2")];
  for (const each of [first, second, other]) lane.push(each);
  expect(lane.take(0)).toBe(first);
  expect(lane.take(0)).toBe(other);
  expect(lane.take(0)).toBeUndefined();
  lane.finished(first, BAD, 0);
  expect(lane.take(0)).toBe(second);
});

test("a retry waits for nobody, and nobody for it", () => {
  const lane = laneOf("wh_1");
  const [retry, first] = [held("a", "ord_1", 1), held("b", "ord_1")];
  lane.push(retry);
  lane.push(first);
  expect([lane.take(0), lane.take(0)]).toEqual([retry, first]);
});

test("an endpoint that keeps failing gets fewer requests at once, and gets them back step by step", () => {
  const lane = laneOf("wh_1");
  const fail = (now: number) => {
    const each = held(`d${now}`, `s${now}`);
    lane.push(each);
    lane.take(0);
    lane.finished(each, BAD, now);
  };
  for (let i = 0; i < 12; i++) fail(i);
  expect(lane.failing).toBe(true);
  const width = () => {
    for (let i = 0; i < 20; i++) lane.push(held(`w${i}`, `w${i}`, 1));
    let taken = 0;
    while (lane.isSendable(limits.maxInFlight, 0) && lane.take(0)) taken += 1;
    for (const each of lane.drain()) void each;
    for (let i = 0; i < taken; i++) lane.finished(held("x", "x", 1), OK, 0);
    return taken;
  };
  expect(width()).toBe(2);
  const succeed = (now: number) => {
    const each = held("s", "s", 1);
    lane.push(each);
    lane.take(0);
    lane.finished(each, OK, now);
  };
  succeed(1_000);
  succeed(1_001);
  expect(width()).toBe(3);
  for (let now = 2_000; now < 4_000; now += 60) succeed(now);
  expect(width()).toBe(8);
});

test("what is drained comes back whole, and in flight subjects stay in order", () => {
  const lane = laneOf("wh_1");
  const all = [held("a", "ord_1"), held("b", "ord_1"), held("c", "ord_2"), held("d", "ord_2")];
  for (const each of all) lane.push(each);
  const inFlight = lane.take(0);
  expect(
    lane
      .drain()
      .map(({ delivery }) => delivery.id)
      .sort(),
  ).toEqual(["b", "c", "d"]);
  const later = held("e", "ord_1");
  lane.push(later);
  expect(lane.take(0)).toBeUndefined();
  if (inFlight) lane.finished(inFlight, OK, 0);
  expect(lane.take(0)).toBe(later);
});

test("a lane starts narrow, and widens with each success until it is as wide as it may become", () => {
  const lane = laneOf("wh_1");
  const widths: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 20; i++) lane.push(held(`${round}-${i}`, `${round}-${i}`));
    const sent: Held[] = [];
    for (
      let next = lane.isSendable(limits.maxInFlight, 0) ? lane.take(0) : undefined;
      next;
      next = lane.isSendable(limits.maxInFlight, 0) ? lane.take(0) : undefined
    )
      sent.push(next);
    widths.push(sent.length);
    for (const each of sent) lane.finished(each, OK, 0);
    lane.drain();
  }
  expect(widths).toEqual([2, 4, 8, 8]);
});

test("tenants take turns however much each has to send", () => {
  const turns = new Turns();
  const big = wideLaneOf("wh_big", "ten_big");
  const small = laneOf("wh_small", "ten_small");
  for (let i = 0; i < 6; i++) big.push(held(`b${i}`, `b${i}`));
  for (let i = 0; i < 2; i++) small.push(held(`s${i}`, `s${i}`));
  turns.offer(big);
  turns.offer(small);
  const order: string[] = [];
  for (let turn = turns.next(limits.maxInFlight, 0); turn; turn = turns.next(limits.maxInFlight, 0))
    order.push(turn.held.delivery.id);
  expect(order).toEqual(["b0", "s0", "b1", "s1", "b2", "b3", "b4", "b5"]);
});

test("a lane that hangs leaves the turns to the others", () => {
  const turns = new Turns();
  const hanging = wideLaneOf("wh_h");
  const healthy = laneOf("wh_ok");
  for (let i = 0; i < 20; i++) hanging.push(held(`h${i}`, `h${i}`));
  turns.offer(hanging);
  const sent: string[] = [];
  for (let turn = turns.next(limits.maxInFlight, 0); turn; turn = turns.next(limits.maxInFlight, 0))
    sent.push(turn.held.delivery.id);
  expect(sent).toHaveLength(limits.maxInFlight);
  healthy.push(held("ok", "ok"));
  turns.offer(healthy);
  expect(turns.next(limits.maxInFlight, 0)?.held.delivery.id).toBe("ok");
});

test("a backlog may be passed unless something stands against it", () => {
  const lane = laneOf("wh_1");
  expect(lane.isPassable(0)).toBe(false);
  lane.backlog = true;
  expect(lane.isPassable(0)).toBe(true);
  // What is on its way back is neither in memory nor, for the store, waiting.
  lane.givingBack = 1;
  expect(lane.isPassable(0)).toBe(false);
  lane.givingBack = 0;
  lane.limitedUntil = 1;
  expect(lane.isPassable(0)).toBe(false);
  lane.limitedUntil = 0;
  for (let i = 0; i < 5; i++) {
    const each = held(`d${i}`, `s${i}`);
    lane.push(each);
    lane.take(0);
    lane.finished(each, BAD, 0);
  }
  expect(lane.isPassable(0)).toBe(false);
});

test("what passes takes turns with what waits", () => {
  const lane = wideLaneOf("wh_1");
  const waiting = [0, 1, 2].map((id) => held(`w${id}`, `ws${id}`));
  const passing = [0, 1, 2, 3].map((id) => ({ ...held(`p${id}`, `ps${id}`), passes: true }));
  for (const each of [...waiting, ...passing]) lane.push(each);
  const taken = Array.from({ length: 7 }, () => lane.take(0)?.delivery.id);
  expect(taken).toEqual(["p0", "w0", "p1", "w1", "p2", "w2", "p3"]);
});

test("what waits in the store for an endpoint that was changed goes before what is new, even if its pause went by unseen", () => {
  const lane = laneOf("wh_1");
  const counted = () => {
    lane.backlog = false;
    lane.nextDueAt = null;
  };
  lane.follow({ state: "active", version: 1 }, 100);
  expect(lane).toMatchObject({ backlog: true, nextDueAt: 100 });
  counted();
  lane.follow({ state: "active", version: 1 }, 200);
  expect(lane.handsOver(200)).toBe(true);
  lane.follow({ state: "active", version: 3 }, 300);
  expect(lane.handsOver(300)).toBe(false);
  expect(lane.nextDueAt).toBe(300);
  counted();
  lane.follow({ state: "paused", version: 4 }, 400);
  expect(lane).toMatchObject({ closed: true, backlog: false, nextDueAt: null });
  lane.follow({ state: "active", version: 5 }, 500);
  expect(lane).toMatchObject({ closed: false, backlog: true, nextDueAt: 500 });
  lane.follow(undefined, 600);
  expect(lane.closed).toBe(true);
});
