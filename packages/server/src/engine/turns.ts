import { Fifo } from "./fifo.ts";
import type { Held } from "./held.ts";
import type { Lane } from "./lane.ts";

/** Whose turn it is: tenants in turn, and within a tenant its lanes in turn, one delivery at a time. */
export class Turns {
  readonly #tenants = new Fifo<string>();
  readonly #lanes = new Map<string, Fifo<Lane>>();

  /** Takes the lane in, from another ring too. */
  offer(lane: Lane): void {
    if (lane.turns === this) return;
    lane.turns = this;
    let lanes = this.#lanes.get(lane.tenantId);
    if (!lanes) {
      lanes = new Fifo();
      this.#lanes.set(lane.tenantId, lanes);
      this.#tenants.push(lane.tenantId);
    }
    lanes.push(lane);
  }

  /** The next delivery to send, or undefined when no lane is sendable. `widest`: requests at once to one endpoint. */
  next(widest: number, now: number): { lane: Lane; held: Held } | undefined {
    for (let tenantId = this.#tenants.shift(); tenantId !== undefined; tenantId = this.#tenants.shift()) {
      const lanes = this.#lanes.get(tenantId);
      const lane = lanes?.shift();
      let held: Held | undefined;
      // It may have gone to another ring since.
      if (lane?.turns === this) {
        lane.turns = null;
        if (lane.isSendable(widest, now)) held = lane.take(now);
        if (lane.isSendable(widest, now)) {
          lane.turns = this;
          lanes?.push(lane);
        }
      }
      if (lanes && lanes.size > 0) this.#tenants.push(tenantId);
      else this.#lanes.delete(tenantId);
      if (lane && held) return { lane, held };
    }
    return undefined;
  }
}
