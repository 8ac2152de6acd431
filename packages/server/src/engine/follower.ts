import type { Clock } from "../domain/id.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Holds } from "./holds.ts";
import type { Stores } from "./stores.ts";
import type { Target, Targets } from "./targets.ts";
import type { Timers } from "./timers.ts";

/** What could not be read is read again so much later. */
const AGAIN_MS = 500;

export interface FollowerParts {
  readonly stores: Stores;
  readonly targets: Targets;
  readonly dispatcher: Dispatcher;
  readonly holds: Holds;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A lane is open, and there may be something in it. */
  readonly onOpened: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Opens and closes lanes as the store has their endpoints. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #again = new Set<() => void>();
  #running = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
    for (const cancel of this.#again) cancel();
  }

  /** What is known of the store is read anew, and those of its lanes opened or closed; null: all that are here. */
  look(storeId: string, endpointIds: Iterable<string> | null): void {
    const { stores, targets, dispatcher } = this.#parts;
    stores.forget(storeId);
    targets.forget(storeId);
    if (endpointIds) for (const id of endpointIds) void this.#follow(storeId, id);
    else this.#followAll([...dispatcher.lanes()].filter((lane) => lane.storeId === storeId));
  }

  /** Likewise of every store. */
  lookEverywhere(): void {
    const { stores, targets, dispatcher } = this.#parts;
    stores.forgetAll();
    targets.forgetAll();
    this.#followAll([...dispatcher.lanes()]);
  }

  #followAll(lanes: readonly { readonly storeId: string; readonly endpointId: string }[]): void {
    for (const { storeId, endpointId } of lanes) void this.#follow(storeId, endpointId);
  }

  /** Opens or closes the endpoint's lane as the store has it, if need be when the store can be read again. */
  async #follow(storeId: string, endpointId: string): Promise<void> {
    const { targets, timers, onTrouble } = this.#parts;
    try {
      const loaded = await targets.ofStore(storeId);
      // What was read before the last change must not undo what was read after it.
      if (targets.peek(storeId) === loaded) await this.#open(storeId, endpointId, loaded.all.get(endpointId));
      else await this.#follow(storeId, endpointId);
    } catch (error) {
      onTrouble(error);
      if (!this.#running) return;
      const cancel = timers.after(AGAIN_MS, () => {
        this.#again.delete(cancel);
        void this.#follow(storeId, endpointId);
      });
      this.#again.add(cancel);
    }
  }

  async #open(storeId: string, endpointId: string, target: Target | undefined): Promise<void> {
    const { holds, dispatcher, clock, onOpened } = this.#parts;
    const lane = target
      ? holds.lane({ endpointId, storeId, tenantId: target.endpoint.tenantId })
      : dispatcher.laneOf(endpointId);
    if (!lane) return;
    lane.follow(target?.endpoint, clock.now());
    if (lane.closed) {
      // Nothing is due before it is opened again, which looks into the store anew; until then it may be forgotten.
      lane.nextDueAt = null;
      lane.backlog = false;
      await dispatcher.close(lane);
      return;
    }
    lane.uncounted(clock.now());
    onOpened();
  }
}
