import type { Clock } from "../domain/id.ts";
import type { Lost, Presence } from "../store/driver.ts";

/** How often it is looked for processes whose connection has ended. */
export const LOOK_MS = 500;
/** One that lives connects again in milliseconds; one that has not by then is dead. */
const GONE_MS = 1_000;
/** After the server itself was gone everybody connects again, each in its own time. */
const GONE_WITH_SERVER_MS = 10_000;

export interface WatchParts {
  readonly presence: Presence;
  readonly clock: Clock;
}

/** Looks for processes that are gone before their time is up, and ends what they hold. */
export class Watch {
  readonly #parts: WatchParts;
  /** Since when each is lost without a break, as far as is known here. */
  #since: ReadonlyMap<string, number> = new Map();

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Answers whether there may be fewer processes than before, by this one's doing or another's. */
  async look(): Promise<boolean> {
    const { presence, clock } = this.#parts;
    const before = this.#since;
    // What was lost when the store was last asked proves nothing where it could not be asked since.
    this.#since = new Map();
    const lost = await presence.lost(clock.now());
    const now = clock.now();
    const since = new Map(lost.map(({ process }) => [process, before.get(process) ?? now]));
    let fewer = [...before.keys()].some((process) => !since.has(process));
    for (const each of lost) {
      if (!isGone(each, now - (since.get(each.process) ?? now))) continue;
      fewer = (await presence.bury(each.process)) || fewer;
      since.delete(each.process);
    }
    this.#since = since;
    return fewer;
  }
}

export const isGone = ({ withServer }: Lost, lostMs: number): boolean =>
  lostMs >= (withServer ? GONE_WITH_SERVER_MS : GONE_MS);
