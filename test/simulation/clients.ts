import type { CanonicalEvent } from "@ticketrail/contracts";
import { isoTime } from "../../packages/server/src/domain/id.ts";
import { createOrder } from "../../packages/server/src/domain/order.ts";
import type { Store } from "../../packages/server/src/domain/store.ts";
import type { Call } from "../../packages/server/src/service/call.ts";
import type { Hub } from "./hub.ts";
import type { Surroundings } from "./process.ts";

const TIMEOUT_MS = 5_000;
const AGAIN_MS = 1_000;
/** Of all events: the first of their subject. */
const NEW_SHARE = 0.3;

/** Whoever takes the orders: sends each event until it is acknowledged, with the same ids as under an Idempotency-Key. */
export class Clients {
  readonly #around: Surroundings;
  readonly #hub: Hub;
  readonly #store: Store;
  readonly #call: Call;
  #published = 0;
  waiting = 0;

  constructor(around: Surroundings, hub: Hub, store: Store, call: Call) {
    this.#around = around;
    this.#hub = hub;
    this.#store = store;
    this.#call = call;
  }

  publish(): void {
    const { dice, newId, world } = this.#around;
    const index = this.#published++;
    const store = this.#store;
    const orderId = `ord-${store.id}-${String(index).padStart(3, "0")}`;
    const input = {
      items: [{ name: `Item ${index}`, quantity: 1, unitMinor: 100 }],
      totals: { subtotalMinor: 100, totalMinor: 100 },
    };
    const event: CanonicalEvent = {
      id: newId("evt_"),
      type: "order.created",
      tenantId: store.tenantId,
      storeId: store.id,
      createdAt: isoTime(world.now()),
      data: createOrder(input, store, orderId, newId, world.now()).order,
    };
    this.waiting += 1;
    // Often of a subject that nothing waits of.
    const table = dice.roll() < NEW_SHARE ? `new-${index}` : dice.upTo(3);
    this.#send(event, `${store.id}-table-${table === 2 ? `new-${Math.max(0, index - 1)}` : table}`);
  }

  #send(event: CanonicalEvent, subjectId: string): void {
    const { ledger, world } = this.#around;
    const acknowledged = () => ledger.acknowledged.has(event.id);
    const again = (delayMs: number) =>
      world.at(world.now() + delayMs, () => {
        if (!acknowledged()) this.#send(event, subjectId);
      });
    const process = this.#hub.serving();
    if (!process) {
      again(AGAIN_MS);
      return;
    }
    const cancel = again(TIMEOUT_MS);
    const publish = async () => {
      const store = await process.services.stores.get(this.#call, this.#store.id);
      await process.engine.publish(event, store, subjectId);
    };
    publish().then(
      () => {
        if (!acknowledged()) this.waiting -= 1;
        ledger.acknowledged.add(event.id);
        cancel();
      },
      (error: unknown) => {
        cancel();
        ledger.refused(error);
        again(AGAIN_MS);
      },
    );
  }
}
