import type { CanonicalEvent } from "@ticketrail/contracts";
import { isoTime } from "../../packages/server/src/domain/id.ts";
import { createOrder } from "../../packages/server/src/domain/order.ts";
import type { Store } from "../../packages/server/src/domain/store.ts";
import type { Subject } from "../../packages/server/src/engine/engine.ts";
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
  readonly #opened: { readonly id: string; readonly eventId: string }[] = [];
  waiting = 0;

  constructor(around: Surroundings, hub: Hub, store: Store, call: Call) {
    this.#around = around;
    this.#hub = hub;
    this.#store = store;
    this.#call = call;
  }

  publish(): void {
    const { newId, world } = this.#around;
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
    this.#send(event, this.#subject(event.id, index));
  }

  /** Mostly a table of the platform's own, or one that was new lately: nothing more comes of it before that is acknowledged. */
  #subject(eventId: string, index: number): Subject {
    const { dice, ledger } = this.#around;
    const named = (name: number | string) => `${this.#store.id}-table-${name}`;
    if (dice.roll() < NEW_SHARE) {
      const id = named(`new-${index}`);
      this.#opened.push({ id, eventId });
      return { id, isNew: true };
    }
    const known = this.#opened.filter((table) => ledger.acknowledged.has(table.eventId)).slice(-1);
    return { id: dice.pick([named(0), named(1), ...known.map(({ id }) => id)]), isNew: false };
  }

  #send(event: CanonicalEvent, subject: Subject): void {
    const { ledger, world } = this.#around;
    const acknowledged = () => ledger.acknowledged.has(event.id);
    const again = (delayMs: number) =>
      world.at(world.now() + delayMs, () => {
        if (!acknowledged()) this.#send(event, subject);
      });
    const process = this.#hub.serving();
    if (!process) {
      again(AGAIN_MS);
      return;
    }
    const cancel = again(TIMEOUT_MS);
    const publish = async () => {
      const store = await process.services.stores.get(this.#call, this.#store.id);
      await process.engine.publish(event, store, subject);
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
