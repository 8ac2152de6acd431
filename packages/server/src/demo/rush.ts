import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "./hub.ts";
import type { Inbox } from "./inbox.ts";
import { lunchOrder } from "./menu.ts";
import { Dice } from "./random.ts";
import type { ContractName, DemoStore } from "./stores.ts";
import type { Watch } from "./watch.ts";

/** The kitchen's answers to an order, one after the other. */
type Life = readonly string[];
const LIVES: readonly [Life, ...Life[]] = [
  ["accepted", "preparing", "ready", "in_delivery", "completed"],
  ["accepted", "preparing", "ready", "completed"],
  ["accepted", "preparing", "ready", "in_delivery", "completed"],
  ["rejected"],
  ["accepted", "preparing", "ready", "completed"],
  ["accepted", "cancelled"],
  ["accepted", "preparing", "ready", "completed"],
];
const REASON: Readonly<Record<string, string>> = {
  rejected: "The kitchen is full.",
  cancelled: "The guest changed their mind.",
};

const RUSH_ORDERS = 40;
const RUSH_GAP_MS = 300;
const GENTLE_GAP_MS = 3_000;
const STEP_MS = { shortest: 400, longest: 1_200 };

interface PlacedOrder {
  readonly id: string;
  readonly number: number;
  readonly store: DemoStore;
}

/** Lunch: orders come in, and each goes through its whole life. */
export class Rush {
  readonly placed: PlacedOrder[] = [];
  /** What was decided through a vendor's own call, for the summary. */
  readonly decisions: string[] = [];
  readonly #dice: Dice;

  constructor(
    private readonly operator: Client,
    private readonly stores: readonly DemoStore[],
    private readonly inbox: Inbox,
    private readonly watch: Watch,
    private readonly signal: AbortSignal,
    seed: number,
  ) {
    this.#dice = new Dice(seed);
  }

  /** Settles when the last order of the rush has ended its life, or has been given up. */
  async run(): Promise<void> {
    const lives: Promise<void>[] = [];
    try {
      for (let count = 0; count < RUSH_ORDERS; count++) {
        lives.push(this.#begin());
        await pause(RUSH_GAP_MS, null, { signal: this.signal });
      }
    } finally {
      await Promise.allSettled(lives);
    }
    await Promise.all(lives);
  }

  /** An order every few seconds, until the demo is ended. */
  async goOn(): Promise<void> {
    while (!this.signal.aborted) {
      const life = this.#begin();
      await pause(GENTLE_GAP_MS, null, { signal: this.signal }).finally(() => life.catch(() => null));
      await life;
    }
  }

  #begin(): Promise<void> {
    const life = this.#serve();
    // Whoever started it awaits it in the end; until then a failure must not count as unhandled.
    life.catch(() => null);
    return life;
  }

  async #serve(): Promise<void> {
    const number = this.placed.length;
    const store = this.stores[number % this.stores.length];
    if (store === undefined) throw new Error("the demo has no stores");
    // Taken before the first wait, so that numbers stay unique.
    const order = { id: "", number, store };
    const index = this.placed.push(order) - 1;
    const life = LIVES[number % LIVES.length] ?? LIVES[0];
    const body = lunchOrder(store, number, this.#dice);
    const { id } = await this.operator.post<{ id: string }>("/v1/orders", body);
    const placed = { ...order, id };
    this.placed[index] = placed;
    if (number < this.stores.length && store.contracts.length === 1) {
      if (store.contracts.includes("sela")) return this.#approveThroughSela(placed);
      if (store.contracts.includes("mipos")) return this.#denyThroughMipos(placed);
    }
    await this.#move(placed, life);
  }

  async #move(order: PlacedOrder, life: Life): Promise<void> {
    for (const to of life) {
      const stepMs = this.#dice.between(STEP_MS.shortest, STEP_MS.longest);
      await pause(stepMs, null, { signal: this.signal });
      const reason = REASON[to] === undefined ? {} : { reason: REASON[to] };
      await this.operator.post(`/v1/orders/${order.id}/transitions`, { to, ...reason });
    }
  }

  /** The menu system hears of the order, approves it under its own id, and reports the handover in the end. */
  async #approveThroughSela(order: PlacedOrder): Promise<void> {
    await this.inbox.announced("sela", order.store.account, order.id, this.signal);
    const sela = this.#as(order.store, "sela");
    const action = { order_id: order.id, action: "approve", external_order_id: `menu-${order.number}` };
    await sela.post("/sela/api/v1/orders/action", action);
    this.#decided(`order ${1000 + order.number} approved through Sela's POST /api/v1/orders/action`);
    await this.#move(order, ["preparing", "ready"]);
    await sela.post("/sela/api/v1/orders/action", { order_id: order.id, action: "mark_arrived" });
  }

  async #denyThroughMipos(order: PlacedOrder): Promise<void> {
    const externalId = `R-${1000 + order.number}`;
    const { payload } = await this.inbox.announced("mipos", order.store.account, externalId, this.signal);
    await this.#as(order.store, "mipos").post("/mipos/api/v1/integration/order/deny", {
      delivery_id: payload.delivery_id,
      store_id: payload.store_id,
      order_external_id: payload.external_id,
      message: "Out of arepas.",
    });
    this.#decided(`order ${1000 + order.number} denied through MiPOS' POST /api/v1/integration/order/deny`);
  }

  #as(store: DemoStore, contract: ContractName): Client {
    const key = store.keys.get(contract);
    if (key === undefined) throw new Error(`${store.name} has no key of ${contract}`);
    return this.operator.with(key);
  }

  #decided(text: string): void {
    this.decisions.push(text);
    this.watch.note(text);
  }
}
