import { afterEach, expect, test } from "vitest";
import { systemTimers } from "../../packages/server/src/adapters/timers.ts";
import { openEmbedded, openServer } from "../stores.ts";
import { Rig } from "./rig.ts";

/** Accepts under way at once: more than one claim takes of a lane that has more. */
const CLIENTS = 300;
const EACH = 30;

/** In its own time, since accepts and claims run beside each other only there. */
class LiveRig extends Rig {
  protected override build(...[transport, parts]: Parameters<Rig["build"]>) {
    return super.build(transport, { ...parts, clock: { now: Date.now }, timers: systemTimers });
  }
}

let rig: Rig;
afterEach(async () => {
  await rig.engine.drain();
  await rig.remove();
});

test.each([
  ["SQLite", openEmbedded],
  ["PostgreSQL", openServer],
])("on %s, a lane under steady traffic leaves its backlog behind", async (_, open) => {
  rig = await new LiveRig(await open()).start();
  const store = await rig.store();
  const endpoint = await rig.endpoint(store, "standard", { state: "paused" });
  await rig.publishMany(store, 100);
  let published = 0;
  let claims = 0;
  const client = async () => {
    for (let i = 0; i < EACH; i++) {
      await rig.publish(store);
      if (++published === (CLIENTS * EACH) / 2) rig.calls.length = 0;
      if (published === CLIENTS * (EACH - 1)) claims = rig.calls.filter((verb) => verb === "claimDue").length;
    }
  };
  await Promise.all([
    rig.change(endpoint.id, { state: "active" }),
    ...Array.from({ length: CLIENTS }, client),
  ]);
  // One that never left it claims after each group of accepts, 14 times or more; one that a busy machine sends back now and
  // then, some 10.
  expect(claims).toBeLessThan(13);
});
