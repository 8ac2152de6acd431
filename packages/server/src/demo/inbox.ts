import type { Notice } from "./receivers/integration.ts";
import type { ContractName, Receivers } from "./stores.ts";
import { CONTRACTS } from "./stores.ts";

const PATIENCE_MS = 30_000;

/** What the integrators have heard of, so that they can answer it: an order is approved because its webhook arrived. */
export class Inbox {
  readonly #heard = new Map<string, Notice>();
  readonly #waiting = new Map<string, (notice: Notice) => void>();

  constructor(receivers: Receivers) {
    for (const contract of CONTRACTS) {
      receivers[contract].onEvent((account, notice) => this.#take(contract, account, notice));
    }
  }

  /** The webhook that announced the order (by the id that its contract shows) to the account. */
  announced(contract: ContractName, account: string, orderId: string, signal: AbortSignal): Promise<Notice> {
    const key = `${contract} ${account} ${orderId}`;
    const known = this.#heard.get(key);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      const giveUp = () => reject(new Error(`${contract} never heard of order ${orderId}`));
      deadline.addEventListener("abort", giveUp, { once: true });
      this.#waiting.set(key, resolve);
    });
  }

  #take(contract: ContractName, account: string, notice: Notice): void {
    const orderId = orderIdOf(notice);
    if (orderId === null || (notice.type !== "order.created" && notice.type !== "ORDER")) return;
    const key = `${contract} ${account} ${orderId}`;
    this.#heard.set(key, notice);
    this.#waiting.get(key)?.(notice);
  }
}

/** MiPOS' order is the body itself, under its delivery app's id; the others' stands in `data`. */
function orderIdOf({ type, payload }: Notice): string | null {
  const order = type === "ORDER" ? payload.external_id : (payload.data as { id?: unknown } | null)?.id;
  return typeof order === "string" ? order : null;
}
