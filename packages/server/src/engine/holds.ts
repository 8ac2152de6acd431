import type { Clock } from "../domain/id.ts";
import type { DueLane, StoreDriver } from "../store/driver.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Lane } from "./lane.ts";
import type { Timers } from "./timers.ts";

/** Which endpoint's lane, and whose. */
export type LaneAt = Omit<DueLane, "nextDueAt">;

export interface HoldsParts {
  readonly driver: Pick<StoreDriver, "holdLanes" | "releaseLanes" | "recoverLeases" | "hints">;
  readonly dispatcher: Dispatcher;
  /** This process's id; null where no other one can be: then every lane is its own, and nothing is asked. */
  readonly holder: string | null;
  /** Whether the lane belongs to this process among those that live. */
  readonly owns: (endpointId: string) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Lanes were taken: there may be something in them. */
  readonly onTaken: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The lanes that this process may send in. What it holds in the store, and every lease on what is in there, runs out at
 * one time: whoever takes a lane over finds nothing in it that is still leased.
 */
export class Holds {
  readonly #parts: HoldsParts;
  readonly #wanted = new Map<string, LaneAt>();
  readonly #empty: Lane[] = [];
  /** Calls that change what is held run one after the other. */
  #line: Promise<void> = Promise.resolve();
  #until: number;

  constructor(parts: HoldsParts) {
    this.#parts = parts;
    this.#until = parts.holder === null ? Number.POSITIVE_INFINITY : 0;
  }

  /** When what is held, and is leased, runs out unless it is renewed. */
  get until(): number {
    return this.#until;
  }

  /** The lane where it is held; else null, and it is asked for where it belongs here. */
  lane(at: LaneAt): Lane | null {
    const { dispatcher, holder, owns, clock, timers } = this.#parts;
    if (holder === null) return dispatcher.lane(at);
    const lane = dispatcher.laneOf(at.endpointId);
    if (lane?.isHeld(clock.now())) return lane;
    if (lane || !owns(at.endpointId) || clock.now() >= this.#until) return null;
    if (this.#wanted.size === 0) timers.soon(() => void this.#next(() => this.#take(holder)));
    this.#wanted.set(at.endpointId, at);
    return null;
  }

  /** Holds until `until` what still belongs here, gives up what does not, and lets go of what is idle. */
  renew(until: number): Promise<void> {
    const { holder } = this.#parts;
    return holder === null ? this.#line : this.#next(() => this.#renew(holder, until));
  }

  /** Others have been given what was held here: what waits is theirs. */
  forfeit(): void {
    for (const lane of [...this.#parts.dispatcher.lanes()]) {
      lane.holdUntil = 0;
      this.#giveUp(lane);
    }
  }

  /** Nothing of the lane is in memory any more: where it is being given up, others may have it. */
  emptied(lane: Lane): void {
    if (!lane.leaving) return;
    this.#parts.dispatcher.forget(lane);
    if (this.#empty.push(lane) === 1) void this.#next(() => this.#release());
  }

  /** Gives everything up, each lane as soon as what is in flight has ended. Resolves when that is under way. */
  async leave(): Promise<void> {
    if (this.#parts.holder === null) return;
    this.#until = 0;
    this.#wanted.clear();
    await this.#line;
    for (const lane of [...this.#parts.dispatcher.lanes()]) this.#giveUp(lane);
  }

  /** Resolves when what has been begun is done. */
  settled(): Promise<void> {
    return this.#line;
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#line.then(step);
    this.#line = done.catch(this.#parts.onTrouble);
    return done.catch(() => undefined);
  }

  async #take(holder: string): Promise<void> {
    const { driver, dispatcher, clock, owns, onTaken } = this.#parts;
    const wanted = new Map(this.#wanted);
    this.#wanted.clear();
    const now = clock.now();
    const until = this.#until;
    const endpointIds = [...wanted.keys()].filter((id) => owns(id) && !dispatcher.laneOf(id));
    if (endpointIds.length === 0 || now >= until) return;
    const taken = await driver.holdLanes({ holder, until, now, endpointIds });
    if (taken.length === 0) return;
    // What a process before had leased in them has run out with its hold, and comes before all that is younger.
    await driver.recoverLeases({ now, everything: false });
    for (const id of taken) {
      const lane = dispatcher.lane(wanted.get(id) as LaneAt);
      lane.holdUntil = until;
      lane.uncounted(clock.now());
    }
    onTaken();
  }

  async #renew(holder: string, until: number): Promise<void> {
    const { driver, dispatcher, clock, owns } = this.#parts;
    const now = clock.now();
    for (const lane of [...dispatcher.lanes()]) {
      // One that has run out was perhaps held by another since: what is here of it must not be sent.
      if (!lane.isHeld(now) || lane.idle || !owns(lane.endpointId)) this.#giveUp(lane);
    }
    const lanes = [...dispatcher.lanes()].filter((lane) => now < lane.holdUntil);
    const endpointIds = lanes.map(({ endpointId }) => endpointId);
    const held = endpointIds.length === 0 ? [] : await driver.holdLanes({ holder, until, now, endpointIds });
    const kept = new Set(held);
    for (const lane of lanes) {
      if (kept.has(lane.endpointId)) lane.holdUntil = until;
      else this.#giveUp(lane);
    }
    this.#until = until;
  }

  #giveUp(lane: Lane): void {
    if (lane.leaving) return;
    lane.leaving = true;
    if (lane.held === 0) this.emptied(lane);
    else void this.#parts.dispatcher.close(lane);
  }

  async #release(): Promise<void> {
    const { driver, holder } = this.#parts;
    const endpointIds = this.#empty.splice(0).map(({ endpointId }) => endpointId);
    if (holder === null) return;
    await driver.releaseLanes({ holder, endpointIds });
    driver.hints?.say({ kind: "due", endpointIds });
  }
}
