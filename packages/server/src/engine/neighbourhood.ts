import type { Clock } from "../domain/id.ts";
import type { StoreDriver } from "../store/driver.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Packed } from "./parcels.ts";
import type { Timers } from "./timers.ts";

/** How often those who accept are told how those who send are doing, while there is anything to tell. */
const TELL_MS = 25;

export interface NeighbourhoodParts {
  readonly driver: Pick<StoreDriver, "liveProcesses">;
  /** Null where no other process can be. */
  readonly neighbours: Neighbours | null;
  /** This process's id; null where no other one can be. */
  readonly holder: string | null;
  readonly sends: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  /** How often it is looked who is there. */
  readonly sweepMs: number;
  /** Whether this process's own deliveries fall behind. */
  readonly pressed: () => boolean;
  readonly onOffer: (deliveries: Packed) => void;
  /** An attempt of another process, which had said that it falls behind, has ended. */
  readonly onSent: () => void;
  /** Those that send, as they are now. */
  readonly onLive: (live: readonly string[]) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
}

/** Who is on this machine besides, and what they tell each other of how they are doing. */
export class Neighbourhood {
  readonly #parts: NeighbourhoodParts;
  readonly #pressed = new Set<string>();
  #live: readonly string[] = [];
  #ended = 0;
  #toldPressed = false;
  #cancelTell: (() => void) | null = null;
  #cancelMeet: (() => void) | null = null;
  #running = false;
  #troubled = false;

  constructor(parts: NeighbourhoodParts) {
    this.#parts = parts;
    parts.neighbours?.listen({
      heard: (process, word) => {
        if (word.kind === "offer") parts.onOffer(word.deliveries);
        else if (process !== null) this.#state(process, word.pressed, word.ended);
      },
      lost: (process) => this.#pressed.delete(process),
    });
  }

  async start(): Promise<void> {
    const { neighbours, holder, sends } = this.#parts;
    if (!neighbours || holder === null) return;
    this.#running = true;
    if (sends) await neighbours.open(holder);
    await this.#meet();
  }

  stop(): void {
    this.#running = false;
    this.#cancelMeet?.();
    this.#cancelTell?.();
    this.#parts.neighbours?.close();
  }

  /** The processes that send, wherever they are; the same list for as long as it does not change. */
  get live(): readonly string[] {
    return this.#live;
  }

  /** Whether any that was met has said that it falls behind. */
  get isPressed(): boolean {
    return this.#pressed.size > 0;
  }

  /** An attempt of this process has ended. */
  sent(): void {
    if (!this.#running || !this.#parts.neighbours?.guests) return;
    this.#ended += 1;
    this.#cancelTell ??= this.#parts.timers.after(TELL_MS, () => this.#tell());
  }

  #tell(): void {
    const { neighbours, pressed, timers } = this.#parts;
    this.#cancelTell = null;
    const isPressed = pressed();
    if (isPressed || this.#toldPressed) {
      neighbours?.tellGuests({ kind: "state", pressed: isPressed, ended: this.#ended });
    }
    this.#toldPressed = isPressed;
    this.#ended = 0;
    // Nothing else may ever end here, and those who wait for it are to know.
    if (isPressed && this.#running) this.#cancelTell = timers.after(TELL_MS, () => this.#tell());
  }

  #state(process: string, pressed: boolean, ended: number): void {
    if (pressed) this.#pressed.add(process);
    else this.#pressed.delete(process);
    for (let i = 0; i < ended; i++) this.#parts.onSent();
  }

  async #meet(): Promise<void> {
    const { driver, neighbours, holder, clock, timers, sweepMs, onLive, onTrouble } = this.#parts;
    try {
      const live = await driver.liveProcesses(clock.now());
      if (!this.#running) return;
      if (live.join() !== this.#live.join()) this.#live = live;
      neighbours?.meet(live.filter((id) => id !== holder));
      await onLive(this.#live);
      this.#troubled = false;
    } catch (error) {
      // The first failure is worth telling; the ones that follow are the same.
      if (!this.#troubled) onTrouble(error);
      this.#troubled = true;
    }
    if (this.#running) this.#cancelMeet = timers.after(sweepMs, () => void this.#meet());
  }
}
