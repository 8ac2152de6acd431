import type { Hub } from "./hub.ts";
import { numberOf, orderBody } from "./orders.ts";

export interface StoreOfOrders {
  readonly tag: string;
  readonly id: string;
}

/** The client's side of the books: an intent before each POST, an acknowledgement after each 2xx. */
export class Client {
  readonly intents = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** How often each status other than a 2xx was answered. */
  readonly refusals = new Map<number, number>();
  readonly #hub: Hub;
  readonly #stores: readonly StoreOfOrders[];
  #sequence = 0;

  constructor(hub: Hub, stores: readonly StoreOfOrders[]) {
    this.#hub = hub;
    this.#stores = stores;
  }

  /** Posts one order, to that store or to each in turn; answers its number and the status, 0 where the connection broke. */
  async post(tag?: string): Promise<{ readonly number: string; readonly status: number }> {
    const sequence = ++this.#sequence;
    const stores = this.#stores.filter((each) => tag === undefined || each.tag === tag);
    const store = stores[sequence % stores.length];
    if (!store) throw new Error("There is no store to order from.");
    const number = numberOf(store.tag, sequence);
    this.intents.add(number);
    const status = await this.#send(orderBody(store.id, number));
    if (status >= 200 && status < 300) this.acknowledged.add(number);
    else if (status > 0) this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
    return { number, status };
  }

  async #send(body: string): Promise<number> {
    try {
      const response = await fetch(`${this.#hub.url}/v1/orders`, {
        method: "POST",
        headers: this.#hub.headers,
        body,
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  /** Posts over `connections` until it is told to stop, or until the hub is gone. `paceMs`: between two of one. */
  load(
    connections: number,
    { paceMs = 0, tag }: { readonly paceMs?: number; readonly tag?: string } = {},
  ): { readonly ended: Promise<unknown>; stop(): void } {
    let stopped = false;
    const one = async (): Promise<void> => {
      while (!stopped) {
        const { status } = await this.post(tag);
        if (status === 0) return;
        if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
      }
    };
    const ended = Promise.all(Array.from({ length: connections }, one));
    return {
      ended,
      stop: () => {
        stopped = true;
      },
    };
  }
}
