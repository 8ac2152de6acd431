import { HOURLY_LIMIT, PLANS } from "../../packages/server/src/domain/store.ts";
import { StorageFull, StorageUnavailable, type StoreDriver } from "../../packages/server/src/store/driver.ts";
import type { Ledger } from "./ledger.ts";
import { type Outage, type Scenario, SMALL_LIMIT, type Stretch } from "./scenario.ts";
import type { Dice, World } from "./world.ts";

/** How long a slow call waits before it runs, and again before its answer is there, at most. */
export const SLOW_MS = 200;

export interface GateParts {
  readonly driver: StoreDriver;
  readonly world: World;
  readonly dice: Dice;
  readonly ledger: Ledger;
  readonly scenario: Scenario;
  readonly process: number;
  /** Which of the hub's places the process has: outages are drawn for places. */
  readonly slot: number;
  readonly alive: () => boolean;
  /** Calls back unless the process is dead, and not before it runs again where it is stopped. */
  readonly deliver: (task: () => void) => void;
}

const isRead = (verb: string): boolean => /^(get|list|find|count|queue|storeE|endpointH)/.test(verb);

/** Where a store has several connections: the verbs that keep an order among themselves. Others overtake. */
const LINES: Readonly<Record<string, string>> = {
  acceptEvent: "intake",
  claimDue: "intake",
  recordAttempts: "outcomes",
};

/** How many of a line's calls wait, and when the last of them is through. */
interface Line {
  waiting: number;
  lastAt: number;
}

/**
 * The store as one process sees it: calls may be slow, fail, or be answered by nobody. Over one connection writes run
 * in the order in which they are asked for, and reads overtake each other; over several, most calls do.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #lines = new Map<string, Line>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  get driver(): StoreDriver {
    return new Proxy(this.#parts.driver, {
      get: (driver, verb) => {
        const real = Reflect.get(driver, verb) as (...input: unknown[]) => Promise<unknown>;
        // Hints come by the wall's time: others are told by the hub here.
        if (verb === "hints" || verb === "presence") return null;
        return (...input: unknown[]) =>
          this.#call(String(verb), (scaled) => real.apply(driver, scaled), withSmallLimit(input));
      },
    });
  }

  #call(verb: string, run: (input: unknown[]) => Promise<unknown>, input: unknown[]): Promise<unknown> {
    const { alive, dice, ledger, scenario, process } = this.#parts;
    if (!alive()) return new Promise(() => undefined);
    const fault = this.#fault();
    const slow = scenario.slow.some((stretch) => this.#within(stretch));
    const wait = () => (slow ? dice.upTo(SLOW_MS) : 0);
    return new Promise((resolve, reject) => {
      const answer = (task: () => void) => this.#at(verb, "answers", wait(), () => this.#parts.deliver(task));
      const fail = () =>
        answer(() => reject(fault === "full" ? new StorageFull() : new StorageUnavailable()));
      const start = async () => {
        // What a dead process had asked for is not done any more: its connection is gone.
        if (!alive()) return;
        if (fault !== null) ledger.note(process, () => `${verb} fails: ${fault}`);
        if (fault === "full" || fault === "before") return fail();
        try {
          const result = await ledger.underway.during(() => run(input));
          ledger.executed(process, verb, input, result);
          if (fault === "after") return fail();
          answer(() => {
            ledger.answered(process, verb, input, result);
            resolve(result);
          });
        } catch (error) {
          answer(() => reject(error));
        }
      };
      this.#at(verb, "runs", wait(), () => void start());
    });
  }

  /** At once where nothing is slow: else after `delayMs`, and in a line not before what came before in it. */
  #at(verb: string, step: "runs" | "answers", delayMs: number, task: () => void): void {
    const { world } = this.#parts;
    const line = this.#lineOf(verb, step);
    if (delayMs === 0 && (line === null || line.waiting === 0)) {
      task();
      return;
    }
    const at = Math.max(world.now() + delayMs, line?.lastAt ?? 0);
    if (line) {
      line.waiting += 1;
      line.lastAt = at;
    }
    world.at(at, () => {
      if (line) line.waiting -= 1;
      task();
    });
  }

  /** Null: it overtakes, and is overtaken. */
  #lineOf(verb: string, step: "runs" | "answers"): Line | null {
    const name = this.#parts.scenario.connections === "one" ? "writes" : LINES[verb];
    if (isRead(verb) || name === undefined) return null;
    const key = `${name} ${step}`;
    const line = this.#lines.get(key) ?? { waiting: 0, lastAt: 0 };
    this.#lines.set(key, line);
    return line;
  }

  #within({ from, to }: Stretch): boolean {
    const now = this.#parts.world.now();
    return now >= from && now < Math.min(to, this.#parts.scenario.calmAt);
  }

  #fault(): "before" | "after" | "full" | null {
    const { dice, scenario, slot } = this.#parts;
    const mine = (outage: Outage) => this.#within(outage) && (outage.slot === null || outage.slot === slot);
    const outage = scenario.outages.find(mine);
    if (!outage || dice.roll() >= outage.share) return null;
    this.#parts.ledger.failedCalls += 1;
    if (dice.roll() < outage.afterShare) return "after";
    return dice.roll() < 0.5 ? "before" : "full";
  }
}

/** The plans' limits are brought down to what a run of a dozen events can reach. */
function withSmallLimit(input: unknown[]): unknown[] {
  const [first, ...rest] = input;
  if (typeof first !== "object" || first === null || !("quota" in first)) return input;
  const quota = first.quota as { hour: number; limit: number | null };
  const plan = PLANS.find((name) => HOURLY_LIMIT[name] === quota.limit) ?? "enterprise";
  return [{ ...first, quota: { ...quota, limit: SMALL_LIMIT[plan] } }, ...rest];
}
