import type { Held } from "./held.ts";
import type { Lane } from "./lane.ts";
import { RAMP_PAUSE_MS } from "./ramp.ts";
import type { Shares, Standing } from "./shares.ts";
import type { Timers } from "./timers.ts";
import { Turns } from "./turns.ts";

export interface RotaParts {
  /** The requests that may be under way. */
  readonly inFlight: Shares;
  readonly timers: Timers;
  /** A ramp may have opened: `goOn` is to be called. */
  readonly onOpen: () => void;
}

/** Which lane sends next: those of each standing take turns, and so do the standings. */
export class Rota {
  readonly #parts: RotaParts;
  /** The lanes that have something to send, by what is known of them. */
  readonly #turns: Readonly<Record<Standing, Turns>> = {
    proven: new Turns(),
    unknown: new Turns(),
    failed: new Turns(),
  };
  /** Which of the standings has the next turn. */
  #turn = 0;
  /** Nothing but their ramp keeps these from being sent to. */
  readonly #paced = new Set<Lane>();

  constructor(parts: RotaParts) {
    this.#parts = parts;
  }

  /** To be called whenever a lane may have become sendable. */
  offer(lane: Lane, now: number): void {
    const { perLane } = this.#parts.inFlight;
    if (lane.isSendable(perLane, now)) this.#turns[lane.standing].offer(lane);
    else if (lane.isPaced(perLane, now)) this.#later(lane);
  }

  /** It comes back after an outage, and has its next turn when its ramp allows. */
  #later(lane: Lane): void {
    const { timers, onOpen } = this.#parts;
    if (this.#paced.size === 0) timers.after(RAMP_PAUSE_MS, onOpen);
    this.#paced.add(lane);
  }

  goOn(now: number): void {
    const paced = [...this.#paced];
    this.#paced.clear();
    for (const lane of paced) this.offer(lane, now);
  }

  /** What is to be sent now; a standing that has no room is passed over. */
  next(now: number): { lane: Lane; held: Held } | undefined {
    const { inFlight } = this.#parts;
    const { perLane } = inFlight;
    const open = inFlight.open();
    this.#turn += 1;
    for (let i = 0; i < open.length; i++) {
      const standing = open[(this.#turn + i) % open.length];
      const turn = standing && this.#turns[standing].next(perLane, now);
      if (!turn) continue;
      if (turn.lane.isPaced(perLane, now)) this.#later(turn.lane);
      return turn;
    }
    return undefined;
  }
}
