import { afterEach, expect, test } from "vitest";
import type { EngineParts } from "../../packages/server/src/engine/create.ts";
import type { DispatchLimits } from "../../packages/server/src/engine/limits.ts";
import type { SendOutcome } from "../../packages/server/src/engine/sender.ts";
import { openEmbedded } from "../stores.ts";
import { OK, Rig } from "./rig.ts";

/** A hub of few places, so that a few dozen endpoints are as many to it as thousands are to a real one. */
const LIMITS: DispatchLimits = {
  lane: { maxInFlight: 8, minInFlight: 4, window: 32 },
  maxInFlight: 32,
  window: 128,
};
const TIMEOUT_MS = 10_000;
const TIMEOUT: SendOutcome = {
  statusCode: null,
  error: "timeout",
  durationMs: TIMEOUT_MS,
  retryAfterMs: null,
};

class SmallRig extends Rig {
  protected override build(...[transport, parts]: Parameters<Rig["build"]>) {
    return super.build(transport, { ...parts, limits: LIMITS } satisfies Partial<EngineParts>);
  }
}

let rig: Rig;
afterEach(() => rig.remove());

/** Endpoints of a store each. */
const endpoints = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const store = await rig.store();
      return { store, url: (await rig.endpoint(store, "standard")).url };
    }),
  );

test.each([
  ["a few endpoints that hang, with much to send,", 12, 60],
  ["many endpoints that hang, with little to send,", 100, 2],
])("%s leave room for the others", async (_, count, events) => {
  rig = await new SmallRig(await openEmbedded()).start();
  const hanging = await endpoints(count);
  const [healthy] = await endpoints(1);
  if (!healthy) throw new Error("There is no endpoint.");
  const urls = new Set(hanging.map(({ url }) => url));
  const timers = rig.world.timers(() => true);
  rig.answer = ({ url }) =>
    urls.has(url) ? new Promise((end) => timers.after(TIMEOUT_MS, () => end(TIMEOUT))) : OK;
  const arrived = () => rig.sent.filter(({ url }) => url === healthy.url).length;

  await rig.publish(healthy.store);
  await rig.pass(1_000);
  for (const { store } of hanging) await rig.publishMany(store, events);
  for (let sent = arrived(); sent < 120; sent++) {
    await rig.publish(healthy.store);
    await rig.pass(250);
    expect(arrived()).toBe(sent + 1);
  }
});

test("endpoints that got nothing while every place was taken get theirs when places come free", async () => {
  rig = await new SmallRig(await openEmbedded()).start();
  const all = await endpoints(LIMITS.window + LIMITS.maxInFlight);
  for (const { store } of all) await rig.publish(store);
  await rig.pass(1_000);
  const timers = rig.world.timers(() => true);
  rig.answer = () => new Promise((end) => timers.after(1_000, () => end(OK)));
  const before = rig.sent.length;
  for (const { store } of all) await rig.publish(store);
  expect(rig.sent.length - before).toBe(LIMITS.maxInFlight);
  await rig.pass(8_000);
  expect(rig.sent.length - before).toBe(all.length);
});
