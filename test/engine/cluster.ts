import type { Engine } from "../../packages/server/src/engine/engine.ts";
import type { SendOutcome, Transport } from "../../packages/server/src/engine/sender.ts";
import type { Timers } from "../../packages/server/src/engine/timers.ts";
import type { Opened } from "../../packages/server/src/store/conformance/world.ts";
import type { Hint, StoreDriver } from "../../packages/server/src/store/driver.ts";
import { databaseOf } from "../../packages/server/src/store/postgres/database.fixture.ts";
import { Rig, type Sent } from "./rig.ts";

const HINT_MS = 20;
const SWEEP_MS = 1_000;

/** One of several processes on a database: it can be killed, stopped, and go on. */
export class Member {
  engine!: Engine;
  readonly sent: Sent[] = [];
  readonly #waiting: (() => void)[] = [];
  #state: "running" | "stopped" | "dead" = "running";

  kill(): void {
    this.#state = "dead";
  }

  stop(): void {
    this.#state = "stopped";
  }

  goOn(): void {
    this.#state = "running";
    for (const task of this.#waiting.splice(0)) this.deliver(task);
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  deliver(task: () => void): void {
    if (this.#state === "running") task();
    else if (this.#state === "stopped") this.#waiting.push(task);
  }
}

/** Several engines, each with connections of its own to one PostgreSQL, on one clock that is moved by hand. */
export class Cluster extends Rig {
  readonly #database: Opened;
  readonly #listeners: ((hint: Hint) => void)[] = [];
  /** What is said is heard by all, a little later. */
  hints = true;
  /** How long a receiver takes. */
  answerMs = 5;
  /** Requests under way to each URL, and the most there ever were. */
  readonly inFlight = new Map<string, number>();
  mostInFlight = 0;

  private constructor(database: Opened) {
    super({ driver: database.driver, remove: () => database.close() });
    this.#database = database;
  }

  static async open(): Promise<Cluster> {
    return new Cluster(await databaseOf());
  }

  async join({ sends = true } = {}): Promise<Member> {
    const member = new Member();
    const driver = this.#seenBy(member, await this.#database.reopen());
    member.engine = this.build(this.#transportOf(member), {
      driver,
      timers: this.#timersOf(member),
      exclusive: false,
      sends,
      sweepMs: SWEEP_MS,
      jobs: [],
    });
    this.engine ??= member.engine;
    await member.engine.start();
    await this.settle();
    return member;
  }

  #timersOf(member: Member): Timers {
    const after = (delayMs: number, task: () => void) => {
      let open = true;
      const run = () => member.deliver(() => open && task());
      const cancel = this.world.at(this.world.now() + delayMs, run);
      return () => {
        open = false;
        cancel();
      };
    };
    return { after, soon: (task) => void after(0, task) };
  }

  #transportOf(member: Member): Transport {
    const move = (url: string, by: number) => {
      const now = (this.inFlight.get(url) ?? 0) + by;
      this.inFlight.set(url, now);
      this.mostInFlight = Math.max(this.mostInFlight, now);
    };
    return {
      close: async () => undefined,
      send: (request) =>
        new Promise<SendOutcome>((resolve) => {
          const sent = { ...request, at: this.world.now() };
          this.sent.push(sent);
          member.sent.push(sent);
          move(request.url, 1);
          const outcome = this.answer(sent);
          this.world.at(this.world.now() + this.answerMs, () => {
            move(request.url, -1);
            member.deliver(() => resolve(outcome));
          });
        }),
    };
  }

  #seenBy(member: Member, driver: StoreDriver): StoreDriver {
    const hints = {
      say: (hint: Hint) => {
        if (!this.hints) return;
        this.world.at(this.world.now() + HINT_MS, () => {
          for (const listener of this.#listeners) listener(hint);
        });
      },
      listen: (listener: (hint: Hint) => void) => {
        this.#listeners.push((hint) => member.deliver(() => listener(hint)));
      },
    };
    return new Proxy(driver, {
      get: (real, verb) => {
        if (verb === "hints") return hints;
        const call = Reflect.get(real, verb) as (...input: unknown[]) => Promise<unknown>;
        return (...input: unknown[]) =>
          new Promise((resolve, reject) => {
            if (member.isDead) return;
            this.underway
              .during(() => call.apply(real, input))
              .then(
                (result) => member.deliver(() => resolve(result)),
                (error) => member.deliver(() => reject(error)),
              );
          });
      },
    });
  }
}
