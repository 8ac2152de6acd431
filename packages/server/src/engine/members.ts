import type { Clock } from "../domain/id.ts";
import type { StoreDriver } from "../store/driver.ts";
import type { Holds } from "./holds.ts";
import { LEASE_MS, type Leases } from "./leases.ts";
import { ownerOf } from "./ownership.ts";
import type { Timers } from "./timers.ts";
import { LOOK_MS, Watch } from "./watch.ts";

/** How often it is looked whether others have come or gone, where a lane suggests it. */
const DOUBT_MS = 1_000;
/** How often leases of processes that have fallen silent are looked for where several share the store. */
const RECOVER_MS = 5_000;
/** How soon it is tried again to beat where the process's place is in doubt; and what failed that is done now and then. */
const REJOIN_MS = 250;
const AGAIN_MS = 1_000;

export interface MembersParts {
  readonly driver: Pick<StoreDriver, "beat" | "leave" | "extendLease" | "recoverLeases" | "presence">;
  readonly leases: Leases;
  readonly holds: Holds;
  /** This process's id; null where no other one can be. */
  readonly holder: string | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Leases that had run out, or whose process is dead, were freed. */
  readonly onFreed: () => void;
  /** Others may soon take this process for dead: until it is certain that they have not, nothing more is to be sent. */
  readonly onDoubt: () => void;
  readonly onCertain: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** The processes that send from this store; and the beat under which this one keeps its place, its lanes and its leases. */
export class Members {
  readonly #parts: MembersParts;
  readonly #watch: Watch | null;
  #live: readonly string[] = [];
  #joined = false;
  #rejoining = false;
  #cancelRejoin: (() => void) | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #running = false;
  #cancels: (() => void)[] = [];

  constructor(parts: MembersParts) {
    this.#parts = parts;
    const { presence } = parts.driver;
    this.#watch = presence && new Watch({ ...parts, presence });
    presence?.listen(() => this.#cut());
  }

  /** Those that are alive, as just read: where they are others than was known, lanes are taken or given up. */
  async see(live: readonly string[]): Promise<void> {
    if (this.#running && live.join() !== this.#live.join()) await this.#refresh();
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
      await this.#look();
      this.#every(LOOK_MS, () => this.#look());
    }
    this.#every(LEASE_MS / 3, () => this.#keep());
  }

  stop(): void {
    this.#running = false;
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#cancelRejoin?.();
  }

  /** The others may know at once. */
  async leave(): Promise<void> {
    const { driver, holder, onTrouble } = this.#parts;
    this.#live = [];
    if (holder !== null) await driver.leave(holder).catch(onTrouble);
  }

  /** A lane with something due is held by nobody, though another is to have it: perhaps that one is gone. */
  doubt(): void {
    const { clock, onTrouble } = this.#parts;
    if (Math.abs(clock.now() - this.#lookedAt) >= DOUBT_MS) this.#refresh().catch(onTrouble);
  }

  /** Beats, and takes or gives up lanes where others have come or gone. */
  async #refresh(): Promise<void> {
    const { holder, holds, clock } = this.#parts;
    if (holder === null || !this.#running) return;
    const before = this.#live.join();
    const until = clock.now() + LEASE_MS;
    await this.#beat(holder, until);
    if (this.#running && this.#live.join() !== before) await holds.renew(until);
  }

  async #beat(process: string, until: number): Promise<void> {
    const { driver, clock, holds } = this.#parts;
    const now = clock.now();
    this.#lookedAt = now;
    const { live, isNew } = await driver.beat({ process, until, now });
    this.#live = live;
    // It had been taken for dead: what it held may be another's by now.
    if (isNew && this.#joined) holds.forfeit();
    this.#joined = true;
  }

  async #look(): Promise<void> {
    const { onFreed } = this.#parts;
    if (!this.#running || !(await this.#watch?.look())) return;
    await this.#refresh();
    onFreed();
  }

  #cut(): void {
    if (!this.#running || this.#rejoining) return;
    this.#rejoining = true;
    this.#parts.onDoubt();
    void this.#rejoin(this.#parts.onTrouble);
  }

  async #rejoin(onTrouble: (error: unknown) => void): Promise<void> {
    const { timers, onCertain } = this.#parts;
    try {
      await this.#refresh();
      this.#rejoining = false;
      onCertain();
    } catch (error) {
      onTrouble(error);
      // The first failure is worth telling; the ones that follow are the same.
      if (this.#running) {
        this.#cancelRejoin = timers.after(REJOIN_MS, () => void this.#rejoin(() => undefined));
      }
    }
  }

  /** Extends what is held, and frees what is not: also this process's own, where the answer to its call was lost. */
  async #keep(): Promise<void> {
    await this.#extend();
    await this.#recover();
  }

  async #extend(): Promise<void> {
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
  }

  async #recover(): Promise<void> {
    const { driver, clock, leases, onFreed } = this.#parts;
    // While the store could not be reached its own have run out, and nobody may have noticed: it extends them first.
    if (leases.haveRunOut(clock.now())) await this.#extend();
    if ((await driver.recoverLeases({ now: clock.now(), everything: false })) > 0) onFreed();
  }

  #every(ms: number, task: () => Promise<void>): void {
    const { timers, onTrouble } = this.#parts;
    const slot = this.#cancels.length;
    const later = (waitMs: number) => {
      if (this.#running) this.#cancels[slot] = timers.after(waitMs, () => void turn());
    };
    const turn = async () => {
      try {
        await task();
        later(ms);
      } catch (error) {
        onTrouble(error);
        later(Math.min(ms, AGAIN_MS));
      }
    };
    later(ms);
  }
}
