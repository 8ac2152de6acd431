import { afterEach, expect, test } from "vitest";
import type { DispatchLimits } from "../../packages/server/src/engine/limits.ts";
import type { SendOutcome } from "../../packages/server/src/engine/sender.ts";
import { openEmbedded } from "../stores.ts";
import { OK, Rig } from "./rig.ts";

/** One request at a time to an endpoint. */
const NARROW: DispatchLimits = {
  lane: { maxInFlight: 1, minInFlight: 1, window: 16 },
  maxInFlight: 16,
  window: 256,
};

/** A store whose answers arrive when they are let through, and a receiver that answers when it is told to. */
class HeldRig extends Rig {
  readonly #held = new Map<string, (() => void)[]>();
  #open = 0;
  readonly #asked: ((outcome: SendOutcome) => void)[] = [];
  override answer = () => new Promise<SendOutcome>((end) => this.#asked.push(end));

  /** From the call after the first `open` on. */
  hold(verb: "claimDue" | "releaseDeliveries", open = 0): void {
    this.#held.set(verb, []);
    this.#open = open;
  }

  async letThrough(verb: "claimDue" | "releaseDeliveries"): Promise<void> {
    const held = this.#held.get(verb) ?? [];
    this.#held.delete(verb);
    for (const go of held) go();
    await this.pass(1_000);
  }

  /** The receiver answers whatever it has been asked, one after the other. */
  async answerAll(most = 100): Promise<void> {
    for (let i = 0; i < most && this.#asked.length > 0; i++) {
      this.#asked.shift()?.(OK);
      await this.pass(200);
    }
  }

  protected override build(...[transport, parts]: Parameters<Rig["build"]>) {
    const driver = new Proxy(parts.driver, {
      get: (real, verb) => {
        const run = Reflect.get(real, verb) as (...input: unknown[]) => Promise<unknown>;
        if (verb !== "claimDue" && verb !== "releaseDeliveries") return run;
        const wait = () => {
          const held = this.#held.get(verb);
          return new Promise<void>((go) => (held && this.#open-- <= 0 ? held.push(go) : go()));
        };
        // A claim is answered late; what goes back arrives late.
        return async (...input: unknown[]) => {
          if (verb === "releaseDeliveries") await wait();
          const result = await run(...input);
          if (verb === "claimDue") await wait();
          return result;
        };
      },
    });
    return super.build(transport, { ...parts, driver, limits: NARROW });
  }
}

let rig: HeldRig;
afterEach(() => rig.remove());

async function setUp(state: "active" | "paused") {
  rig = await new HeldRig(await openEmbedded()).start();
  const store = await rig.store();
  const { id } = await rig.endpoint(store, "standard", { state });
  const events = new Map<string, string[]>();
  const publish = async (...orders: string[]) => {
    for (const order of orders) {
      const told = events.get(order) ?? [];
      events.set(order, [...told, await rig.publish(store, rig.engine, order)]);
      await rig.pass(1);
    }
  };
  const change = (to: "active" | "paused") => rig.change(id, { state: to });
  const expectOrder = async () => {
    await rig.answerAll();
    const arrived = rig.sent.map(({ headers }) => String(headers["webhook-id"]));
    for (const told of events.values()) {
      expect(arrived.filter((event) => told.includes(event))).toEqual(told);
    }
  };
  return { publish, change, expectOrder };
}

test("what a claim took before a pause, and answers after it, is not passed by what comes later", async () => {
  const { publish, change, expectOrder } = await setUp("paused");
  await publish("table 7", "table 8", "table 7");
  rig.hold("claimDue");
  await change("active");
  await rig.pass(100);
  await change("paused");
  await change("active");
  await publish("table 7", "table 8", "table 7");
  await rig.pass(100);
  await rig.letThrough("claimDue");
  await expectOrder();
});

test.each([1, 2])(
  "what a claim took before a pause does not come before what the pause took out of memory, after %d claims",
  async (claims) => {
    const { publish, change, expectOrder } = await setUp("paused");
    await publish("a", ...Array.from({ length: 9 }, () => "table 7"));
    rig.hold("claimDue", claims);
    await change("active");
    await rig.pass(100);
    await change("paused");
    await change("active");
    await rig.answerAll(1);
    await rig.letThrough("claimDue");
    await expectOrder();
  },
);

test("what was accepted during a pause does not come before what is still on its way back from memory", async () => {
  const { publish, change, expectOrder } = await setUp("active");
  await publish("a", "table 7");
  rig.hold("releaseDeliveries");
  await change("paused");
  await publish("table 7");
  await change("active");
  await rig.pass(100);
  await rig.answerAll();
  await rig.letThrough("releaseDeliveries");
  await expectOrder();
});
