import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LEASE_MS } from "../../packages/server/src/engine/leases.ts";
import { Cluster, type Member } from "./cluster.ts";

const IN_FLIGHT = 64;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.remove());

const ids = () => cluster.sent.map(({ headers }) => String(headers["webhook-id"]));
const joined = async (count: number): Promise<Member[]> => {
  const members: Member[] = [];
  for (let i = 0; i < count; i++) members.push(await cluster.join());
  // By the next beat each knows of all.
  await cluster.pass(LEASE_MS / 2);
  return members;
};
/** Accepted by one after the other, a little later each. */
const publish = async (
  store: Parameters<Cluster["publish"]>[0],
  members: readonly Member[],
  count: number,
) => {
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    made.push(await cluster.publish(store, (members[i % members.length] as Member).engine, "table 7"));
    await cluster.pass(i % 5 === 0 ? 3 : 1);
  }
  return made;
};

describe.each([
  [2, true],
  [3, true],
  [3, false],
])("%i processes, hints %s", (count, hints) => {
  test("send each delivery once, one subject's in order, whoever accepts it", async () => {
    cluster.hints = hints;
    const members = await joined(count);
    const store = await cluster.store();
    const endpoints = [];
    for (let i = 0; i < 6; i++) endpoints.push(await cluster.endpoint(store, "standard"));
    const made = await publish(store, members, 60);
    await cluster.pass(5_000);
    for (const { url } of endpoints) {
      const mine = cluster.sent.filter((sent) => sent.url === url);
      expect(mine.map(({ headers }) => headers["webhook-id"])).toEqual(made);
    }
    expect(members.filter(({ sent }) => sent.length > 0).length).toBeGreaterThan(1);
  });
});

test("never has more in flight to an endpoint than one process may", async () => {
  const members = await joined(3);
  const store = await cluster.store();
  await cluster.endpoint(store, "standard");
  cluster.answerMs = 2_000;
  for (let i = 0; i < 200; i++) await cluster.publish(store, members[i % 3]?.engine);
  await cluster.pass(30_000);
  expect(cluster.sent).toHaveLength(200);
  expect(cluster.mostInFlight).toBe(IN_FLIGHT);
});

/** The lane's holder is gone with one of five under way; when so much time has passed, the other has sent them. */
const takenOver = async (go: (holder: Member) => Promise<void>, afterMs: number) => {
  const members = await joined(2);
  const store = await cluster.store();
  const endpoint = await cluster.endpoint(store, "standard");
  await publish(store, members, 10);
  await cluster.pass(2_000);
  const holder = members.find(({ sent }) => sent.length > 0) as Member;
  const other = members.find((each) => each !== holder) as Member;
  cluster.answerMs = 3_000;
  const before = cluster.sent.length;
  const made = await publish(store, [holder], 5);
  await go(holder);
  made.push(...(await publish(store, [other], 5)));
  await cluster.pass(afterMs);
  const begun = other.sent.length;
  await cluster.pass(LEASE_MS + 10 * 3_000);
  const sent = ids().slice(before);
  expect([...new Set(sent)]).toEqual(made);
  expect(sent).toHaveLength(made.length + 1);
  expect(await cluster.count(endpoint.id)).toMatchObject({ delivered: 20, pending: 0 });
  return begun;
};

test("what a killed process held is sent by the others within two seconds, in order", async () => {
  const kill = async (holder: Member) => {
    await holder.kill();
    await cluster.noticed((lost) => lost === 1);
  };
  expect(await takenOver(kill, 2_000)).toBe(1);
});

test("what a process held whose machine is gone is sent by the others when its time is up, in order", async () => {
  expect(await takenOver(async (holder) => holder.vanish(), LEASE_MS / 2)).toBe(0);
});

test("one that is killed and started again goes on at once, with what is left of many before it too", async () => {
  const store = await cluster.store();
  await cluster.join();
  await cluster.endpoint(store, "standard");
  await cluster.pass(2_000);
  let made: string[] = [];
  for (let kills = 1; kills <= 3; kills++) {
    const member = kills === 1 ? (cluster.members[0] as Member) : await cluster.join();
    made = made.concat(await publish(store, [member], 5));
    await member.kill();
    await cluster.noticed((lost) => lost === kills);
  }
  await cluster.join();
  await cluster.pass(2_000);
  expect([...new Set(ids())]).toEqual(made);
});

test("one that has lost the store begins nothing more, and what waits in it is sent by the others, once", async () => {
  const linked = await cluster.join({ linked: true });
  const other = await cluster.join();
  await cluster.pass(LEASE_MS / 2);
  const store = await cluster.store();
  for (let i = 0; i < 6; i++) await cluster.endpoint(store, "standard");
  await publish(store, [linked, other], 4);
  await cluster.pass(3_000);
  cluster.answerMs = 3_000;
  for (let i = 0; i < 20; i++) await cluster.publish(store, linked.engine);
  await cluster.pass(10);
  const [linkedBefore, all] = [linked.sent.length, 6 * 24];
  const underWay = [...cluster.inFlight.values()].reduce((sum, count) => sum + count, 0);
  linked.link?.cut();
  await cluster.noticed((lost) => lost === 1 && linked.cuts === 1);
  await cluster.pass(60_000);
  expect(linked.sent).toHaveLength(linkedBefore);
  expect(new Set(cluster.sent.map(({ url, headers }) => `${url} ${headers["webhook-id"]}`)).size).toBe(all);
  expect(cluster.sent.length - all).toBeGreaterThan(0);
  expect(cluster.sent.length - all).toBeLessThanOrEqual(underWay);
  // It is one of them again, and what was given to the others is not its own any more.
  if (linked.link) linked.link.answers = "pass";
  const sent = cluster.sent.length;
  await cluster.noticed((lost) => lost === 0);
  await cluster.pass(LEASE_MS);
  expect(cluster.sent).toHaveLength(sent);
  await publish(store, [other], 2);
  await cluster.pass(10_000);
  expect(cluster.sent).toHaveLength(sent + 12);
  expect(linked.sent.length).toBeGreaterThan(linkedBefore);
});

test("what a process held that ends is sent by the others at once, nothing twice", async () => {
  const members = await joined(3);
  const store = await cluster.store();
  await cluster.endpoint(store, "standard");
  await publish(store, members, 6);
  await cluster.pass(2_000);
  const holder = members.find(({ sent }) => sent.length > 0) as Member;
  cluster.answerMs = 500;
  const before = cluster.sent.length;
  const made = await publish(store, [holder], 5);
  await cluster.pass(100);
  const drained = holder.engine.drain();
  await cluster.pass(5_000);
  await drained;
  expect(ids().slice(before)).toEqual(made);
  expect(holder.sent.length).toBeLessThan(before + 5);
});

test("one that was stopped beyond its lease sends nothing late, changes nothing, and is one of them again", async () => {
  const members = await joined(2);
  const store = await cluster.store();
  const endpoint = await cluster.endpoint(store, "standard");
  await publish(store, members, 4);
  await cluster.pass(2_000);
  const holder = members.find(({ sent }) => sent.length > 0) as Member;
  const other = members.find((each) => each !== holder) as Member;
  cluster.answerMs = 500;
  const made = await publish(store, [holder], 5);
  const before = holder.sent.length;
  holder.stop();
  await cluster.pass(2 * LEASE_MS);
  expect(await cluster.count(endpoint.id)).toMatchObject({ delivered: 9, pending: 0 });
  holder.goOn();
  await cluster.pass(LEASE_MS);
  expect(holder.sent).toHaveLength(before);
  expect(await cluster.count(endpoint.id)).toMatchObject({ delivered: 9, pending: 0 });
  const rows = await cluster.deliveries({ endpointId: endpoint.id });
  expect(rows.every(({ attempts }) => attempts.length === 1)).toBe(true);
  expect(new Set(ids().slice(4))).toEqual(new Set(made));
  // It is the lane's owner still.
  const otherSent = other.sent.length;
  await publish(store, [other], 3);
  await cluster.pass(5_000);
  expect(other.sent).toHaveLength(otherSent);
  expect(holder.sent).toHaveLength(before + 3);
});

test.each([true, false])("an endpoint changed by one is obeyed by the other, hints %s", async (hints) => {
  cluster.hints = hints;
  const members = await joined(2);
  const store = await cluster.store();
  const endpoint = await cluster.endpoint(store, "standard");
  await publish(store, members, 4);
  await cluster.pass(2_000);
  const holder = members.find(({ sent }) => sent.length > 0) as Member;
  const other = members.find((each) => each !== holder) as Member;
  cluster.engine = other.engine;
  const moved = "https://receiver.example/moved";
  await cluster.change(endpoint.id, { url: moved });
  await publish(store, [other], 4);
  await cluster.pass(2_000);
  expect(cluster.sent.slice(4).map(({ url }) => url)).toEqual([moved, moved, moved, moved]);
  await cluster.change(endpoint.id, { state: "paused" });
  await publish(store, [other], 4);
  await cluster.pass(5_000);
  expect(cluster.sent).toHaveLength(8);
  await cluster.change(endpoint.id, { state: "active" });
  await cluster.pass(5_000);
  expect(cluster.sent).toHaveLength(12);
  expect(cluster.sent.slice(8).every((sent) => holder.sent.includes(sent))).toBe(true);
});

test("one that only accepts sends nothing, and what it accepts goes out", async () => {
  const members = await joined(1);
  const api = await cluster.join({ sends: false });
  const store = await cluster.store();
  await cluster.endpoint(store, "standard");
  const made = await publish(store, [api], 20);
  await cluster.pass(3_000);
  expect(api.sent).toHaveLength(0);
  expect(members[0]?.sent.map(({ headers }) => headers["webhook-id"])).toEqual(made);
});
