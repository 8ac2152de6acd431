import { afterEach, beforeEach, expect, test } from "vitest";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import type { Store } from "../../packages/server/src/domain/store.ts";
import { Cluster, type Member } from "./cluster.ts";

let cluster: Cluster;
let api: Member;
let workers: Member[];
let store: Store;
let endpoints: Endpoint[];

/** One that accepts and two that send, on one machine; hints are not heard, so that what is not offered waits for a sweep. */
beforeEach(async () => {
  cluster = await Cluster.open();
  cluster.hints = false;
  workers = [await cluster.join({ meets: true }), await cluster.join({ meets: true })];
  api = await cluster.join({ sends: false, meets: true });
  store = await cluster.store();
  endpoints = [];
  for (let i = 0; i < 6; i++) endpoints.push(await cluster.endpoint(store, "standard"));
  // Everybody knows everybody, and lanes are taken with the first that waits in them.
  await cluster.pass(5_000);
  await cluster.publish(store, api.engine);
  await cluster.pass(500);
  cluster.sent.length = 0;
});
afterEach(() => cluster.remove());

const publish = async (count: number, subjectId?: string): Promise<string[]> => {
  const made: string[] = [];
  for (let i = 0; i < count; i++) made.push(await cluster.publish(store, api.engine, subjectId));
  return made;
};
const arrivedAt = (url: string) =>
  cluster.sent.filter((sent) => sent.url === url).map(({ headers }) => headers["webhook-id"]);
const claims = () => cluster.called.get("claimDue") ?? 0;

test("what one process accepts the other sends at once, without a claim", async () => {
  const before = claims();
  const made = await publish(20);
  await cluster.pass(100);
  for (const { url } of endpoints) expect(arrivedAt(url)).toEqual(made);
  expect(workers.every(({ sent }) => sent.length > 20)).toBe(true);
  expect(claims()).toBe(before);
  const { delivered, pending } = await cluster.driver.countDeliveries({});
  expect([delivered, pending]).toEqual([21 * endpoints.length, 0]);
});

test("what is lost is found by the next sweep, and sent once", async () => {
  cluster.cutOff = true;
  const made = await publish(5);
  await cluster.pass(100);
  expect(cluster.sent).toEqual([]);
  await cluster.pass(3_000);
  for (const { url } of endpoints) expect(arrivedAt(url).toSorted()).toEqual(made.toSorted());
});

test.each([1_900, 8_000])("what comes %i ms late was claimed meanwhile, and is sent once", async (toldMs) => {
  cluster.toldMs = toldMs;
  const made = await publish(5);
  // Of two of a subject the second is never offered, so that claims go on.
  for (let i = 0; i < 8; i++) {
    made.push(...(await publish(2, `ord_${i}`)));
    await cluster.pass(1_000);
  }
  await cluster.pass(15_000);
  for (const { url } of endpoints) expect(arrivedAt(url).toSorted()).toEqual(made.toSorted());
  expect(cluster.street.offered).toBeGreaterThan(0);
});

test("one subject's events stay in order, and a claim passes over what is under way", async () => {
  cluster.answerMs = 3_000;
  cluster.hints = true;
  const made = [...(await publish(1, "ord_1")), ...(await publish(3, "ord_1"))];
  await cluster.pass(20_000);
  for (const { url } of endpoints) {
    const mine = cluster.sent.filter((sent) => sent.url === url);
    expect(mine.map(({ headers }) => headers["webhook-id"])).toEqual(made);
    for (const [index, { at }] of mine.entries()) {
      if (index > 0) expect(at - (mine[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
    }
  }
});

test("an endpoint that is paused gets the rest when it is resumed", async () => {
  const [endpoint] = endpoints as [Endpoint];
  cluster.answerMs = 2_000;
  cluster.hints = true;
  const all = await publish(100);
  await cluster.pass(50);
  await cluster.change(endpoint.id, { state: "paused" });
  await cluster.pass(5_000);
  const before = arrivedAt(endpoint.url).length;
  expect(before).toBeLessThan(all.length);
  await cluster.change(endpoint.id, { state: "active" });
  await cluster.pass(60_000);
  expect(arrivedAt(endpoint.url).toSorted()).toEqual(all.toSorted());
});

test("what a dead process was told is sent by the other, with nothing twice but what was in flight", async () => {
  cluster.answerMs = 3_000;
  const [dead, heir] = workers as [Member, Member];
  const made = await publish(100);
  await cluster.pass(200);
  const inFlight = dead.sent.length;
  await dead.kill();
  await cluster.noticed((lost) => lost === 1);
  await cluster.pass(60_000);
  for (const { url } of endpoints) {
    const mine = heir.sent.filter((sent) => sent.url === url).map(({ headers }) => headers["webhook-id"]);
    expect(mine).toEqual(expect.arrayContaining(made));
  }
  expect(cluster.sent.length - made.length * endpoints.length).toBeLessThanOrEqual(inFlight);
});
