import type { Clock } from "../domain/id.ts";
import type { StoreDriver } from "../store/driver.ts";
import type { Holds } from "./holds.ts";
import { LEASE_MS, type Leases } from "./leases.ts";
import { ownerOf } from "./ownership.ts";
import type { Timers } from "./timers.ts";

/** How often it is looked whether others have come or gone, where a lane suggests it. */
const LOOK_MS = 1_000;
/** How often leases of processes that have fallen silent are looked for where several share the store. */
const RECOVER_MS = 5_000;

export interface MembersParts {
  readonly driver: Pick<StoreDriver, "beat" | "leave" | "extendLease" | "recoverLeases" | "hints">;
  readonly leases: Leases;
  readonly holds: Holds;
  /** This process's id; null where no other one can be. */
  readonly holder: string | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Leases that had run out were freed. */
  readonly onFreed: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** The processes that send from this store; and the beat under which this one keeps its place, its lanes and its leases. */
export class Members {
  readonly #parts: MembersParts;
  #live: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #running = false;
  #cancels: (() => void)[] = [];

  constructor(parts: MembersParts) {
    this.#parts = parts;
  }

  /** One process does what is to be done once: the first of the live ones. Two may for a moment think it is them. */
  get leads(): boolean {
    const { holder } = this.#parts;
    return holder === null || this.#live[0] === holder;
  }

  owns(endpointId: string): boolean {
    const { holder } = this.#parts;
    return holder === null || ownerOf(endpointId, this.#live) === holder;
  }

  /** Rejects where the store cannot be reached. */
  async start(): Promise<void> {
    this.#running = true;
    const { holder, holds, clock } = this.#parts;
    if (holder !== null) {
      const until = clock.now() + LEASE_MS;
      await this.#beat(holder, until);
      await holds.renew(until);
      this.#every(RECOVER_MS, () => this.#recover());
    }
    this.#every(LEASE_MS / 3, () => this.#keep());
  }

  stop(): void {
    this.#running = false;
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  /** The others may know at once. */
  async leave(): Promise<void> {
    const { driver, holder, onTrouble } = this.#parts;
    this.#live = [];
    if (holder !== null) await driver.leave(holder).catch(onTrouble);
  }

  /** A lane with something due is held by nobody, though another is to have it: perhaps that one is gone. */
  doubt(): void {
    const { holder, holds, clock, onTrouble } = this.#parts;
    const now = clock.now();
    if (holder === null || !this.#running || Math.abs(now - this.#lookedAt) < LOOK_MS) return;
    const before = this.#live.join();
    this.#beat(holder, now + LEASE_MS).then(() => {
      if (this.#running && this.#live.join() !== before) void holds.renew(now + LEASE_MS);
    }, onTrouble);
  }

  async #beat(process: string, until: number): Promise<void> {
    const now = this.#parts.clock.now();
    this.#lookedAt = now;
    this.#live = await this.#parts.driver.beat({ process, until, now });
  }

  /** Extends what is held, and frees what is not: also this process's own, where the answer to its call was lost. */
  async #keep(): Promise<void> {
    const { driver, leases, holder, holds, clock } = this.#parts;
    const until = clock.now() + LEASE_MS;
    if (holder !== null) {
      await this.#beat(holder, until);
      // Lanes first: while a lease lasts, nobody else may have its lane.
      await holds.renew(until);
    }
    const leased = Math.min(until, holds.until - 1);
    // One that others have taken over is not extended; it runs out here as it did there.
    const extend = async (token: string) => {
      if ((await driver.extendLease({ token, until: leased })) > 0) leases.extended({ token, until: leased });
    };
    await Promise.all(leases.tokens().map(extend));
    await this.#recover();
  }

  async #recover(): Promise<void> {
    const { driver, clock, onFreed } = this.#parts;
    if ((await driver.recoverLeases({ now: clock.now(), everything: false })) > 0) onFreed();
  }

  #every(ms: number, task: () => Promise<void>): void {
    const { timers, onTrouble } = this.#parts;
    const slot = this.#cancels.length;
    const later = () => {
      if (this.#running)
        this.#cancels[slot] = timers.after(ms, () => void task().catch(onTrouble).then(later));
    };
    later();
  }
}
