import { StorageUnavailable } from "../driver.ts";
import type { Db } from "./db.ts";
import { type Call, MAX_GROUP, type Outcome, runGroup, runRead } from "./group.ts";
import { disconnect } from "./open.ts";
import { verbNamed } from "./verbs.ts";

/** Where verbs run. */
export interface Host {
  call(call: Call): Promise<unknown>;
  close(): Promise<void>;
}

interface Waiting {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export const closed = (): Error => new StorageUnavailable("The database is closed.");

/** Everything on the caller's thread; writes of one tick are a group. For tests, simulations and small tools. */
export class LocalHost implements Host {
  readonly #db: Db;
  #waiting: Waiting[] = [];
  #open = true;

  constructor(db: Db) {
    this.#db = db;
  }

  call(call: Call): Promise<unknown> {
    if (!this.#open) return Promise.reject(closed());
    if (verbNamed(call.verb).kind !== "write") return settle(runRead(this.#db, call));
    return new Promise((resolve, reject) => {
      // queueMicrotask would do the same, and makes an async resource each time.
      if (this.#waiting.push({ call, resolve, reject }) === 1)
        void Promise.resolve().then(() => this.#commit());
    });
  }

  async close(): Promise<void> {
    this.#commit();
    this.#open = false;
    disconnect(this.#db);
  }

  #commit(): void {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, MAX_GROUP);
      this.#waiting = this.#waiting.slice(MAX_GROUP);
      const outcomes = runGroup(
        this.#db,
        group.map(({ call }) => call),
      );
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (!outcome) reject(new Error("The call has no outcome."));
        else if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      });
    }
  }
}

export function settle(outcome: Outcome): Promise<unknown> {
  return "error" in outcome ? Promise.reject(outcome.error) : Promise.resolve(outcome.value);
}
