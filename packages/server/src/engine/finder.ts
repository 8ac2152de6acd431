import type { Clock } from "../domain/id.ts";
import type { DueLane, StoreDriver } from "../store/driver.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Holds } from "./holds.ts";
import type { Lane } from "./lane.ts";
import type { Timers } from "./timers.ts";

/** However much others say: how often it is looked at most. */
const HINTED_MS = 25;
/** Between two looks everywhere passes so many times what one takes, up to a limit: under a long snapshot it may take seconds. */
const LOOK_TIMES = 10;
const LOOK_PAUSE_MS = 30_000;

export interface FinderParts {
  readonly driver: StoreDriver;
  readonly dispatcher: Dispatcher;
  readonly holds: Holds;
  /** This process's id; null where no other one can be. */
  readonly holder: string | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** However quiet: how often the store is asked whether anything is due that nobody here knows of. */
  readonly sweepMs: number;
  /** What is due in the lane then is here already, or about to come. */
  readonly expects: (lane: Lane, dueAt: number, now: number) => boolean;
  /** The store has a lane open that is closed here. */
  readonly onOpen: (lane: Lane) => void;
  /** Something is due in a lane that is held neither here nor elsewhere. */
  readonly onUnheld: (endpointId: string) => void;
  /** It has looked: there may be something to claim. */
  readonly onFound: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Finds lanes with due work that this process does not know of. */
export class Finder {
  readonly #parts: FinderParts;
  #stopped = true;
  #cancelSweep: (() => void) | null = null;
  #sweeping = false;
  #hinted = false;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;
  /** The next look is not to wait for its pause. */
  #urgent = false;
  readonly #named = new Set<string>();
  #cancelLook: (() => void) | null = null;

  constructor(parts: FinderParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#sweep(true);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelSweep?.();
    this.#cancelLook?.();
  }

  /**
   * Something may be due anywhere: looks soon, and once for all who say it meanwhile. `urgent`: what a process that is
   * gone has left waits for nothing else.
   */
  soon({ urgent = false }: { readonly urgent?: boolean } = {}): void {
    this.#hinted = this.#sweeping;
    this.#urgent ||= urgent;
    if (this.#stopped || this.#sweeping) return;
    const { clock } = this.#parts;
    const pauseMs = this.#urgent ? HINTED_MS : Math.max(HINTED_MS, this.#pauseMs);
    const waitMs = Math.max(0, this.#sweptAt + pauseMs - clock.now());
    this.#sweepIn(Math.min(waitMs, pauseMs));
  }

  /** Something is due for these endpoints: however long a look everywhere takes, they do not wait for the next one. */
  among(endpointIds: readonly string[]): void {
    for (const id of endpointIds) this.#named.add(id);
    if (this.#stopped || this.#cancelLook) return;
    this.#cancelLook = this.#parts.timers.after(HINTED_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { onFound, onTrouble } = this.#parts;
    const among = [...this.#named];
    this.#named.clear();
    await this.#find(false, among).catch(onTrouble);
    this.#cancelLook = null;
    if (this.#named.size > 0) this.among([]);
    onFound();
  }

  #sweepIn(ms: number): void {
    this.#cancelSweep?.();
    this.#cancelSweep = this.#parts.timers.after(ms, () => {
      void this.#sweep(false).then(() => this.#parts.onFound());
    });
  }

  async #sweep(ahead: boolean): Promise<void> {
    const { holder, dispatcher, clock, sweepMs } = this.#parts;
    this.#sweeping = true;
    this.#urgent = false;
    const startedAt = clock.now();
    this.#sweptAt = startedAt;
    this.#pauseMs = 0;
    try {
      await this.#find(ahead, null);
      // Where lanes are held, those that are idle are let go with the next beat.
      if (holder === null) dispatcher.forgetIdleLanes();
      this.#pauseMs = Math.min(LOOK_PAUSE_MS, LOOK_TIMES * (clock.now() - startedAt));
    } catch (error) {
      this.#parts.onTrouble(error);
    }
    this.#sweeping = false;
    // What was said meanwhile, this look may have missed.
    const waitMs = Math.max(this.#hinted ? HINTED_MS : sweepMs, this.#pauseMs);
    if (!this.#stopped) this.#sweepIn(this.#urgent ? HINTED_MS : waitMs);
    this.#hinted = false;
  }

  async #find(ahead: boolean, among: readonly string[] | null): Promise<void> {
    const { driver, holder, clock } = this.#parts;
    const now = clock.now();
    for (const due of await driver.dueLanes({ now, ahead, holder, among })) this.#found(due, now);
  }

  #found(due: DueLane, now: number): void {
    const { holds, onOpen, onUnheld } = this.#parts;
    const lane = holds.lane(due);
    if (!lane) onUnheld(due.endpointId);
    else if (lane.closed) onOpen(lane);
    else if (this.#parts.expects(lane, due.nextDueAt, now)) return;
    else if (due.nextDueAt <= now) lane.uncounted(now);
    else lane.dueAt(due.nextDueAt);
  }
}
