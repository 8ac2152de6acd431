import type { Engine } from "../../packages/server/src/engine/engine.ts";
import type { SendOutcome, Transport } from "../../packages/server/src/engine/sender.ts";
import type { Timers } from "../../packages/server/src/engine/timers.ts";
import {
  type Hint,
  type Presence,
  StorageUnavailable,
  type StoreDriver,
} from "../../packages/server/src/store/driver.ts";
import {
  makeDatabase,
  type TestDatabase,
} from "../../packages/server/src/store/postgres/database.fixture.ts";
import { openPostgres } from "../../packages/server/src/store/postgres/index.ts";
import { Link } from "../postgres/link.mjs";
import { Street } from "../street.ts";
import { Rig, type Sent } from "./rig.ts";

const HINT_MS = 20;
const SWEEP_MS = 1_000;
const NOTICED_MS = 10_000;

/** One of several processes on a database: it can be killed, vanish, be stopped, and go on. */
export class Member {
  engine!: Engine;
  readonly sent: Sent[] = [];
  /** How often it has heard that its connection had ended. */
  cuts = 0;
  readonly #driver: StoreDriver;
  /** Between it and the server, where that is to fail. */
  readonly link: Link | null;
  readonly #waiting: (() => void)[] = [];
  #state: "running" | "stopped" | "dead" = "running";

  constructor(driver: StoreDriver, link: Link | null) {
    this.#driver = driver;
    this.link = link;
  }

  /** As its neighbours see it. */
  readonly dweller = { deliver: (task: () => void) => this.deliver(task), isThere: () => !this.isDead };

  /** The server sees its connections end. */
  async kill(): Promise<void> {
    this.vanish();
    await this.#driver.close();
  }

  /** With its machine: to the server it looks as if it were only silent. */
  vanish(): void {
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
  readonly #database: TestDatabase;
  readonly #close: (() => Promise<void>)[];
  readonly #listeners: ((hint: Hint) => void)[] = [];
  readonly members: Member[] = [];
  /** What neighbours tell each other is lost with their connection. */
  cutOff = false;
  /** How long it takes. */
  toldMs = 1;
  readonly street = new Street({
    breaks: () => this.cutOff,
    carry: (task) => void this.world.at(this.world.now() + this.toldMs, task),
  });
  /** What is said is heard by all, a little later. */
  hints = true;
  /** How often members have called each verb. */
  readonly called = new Map<string | symbol, number>();
  /** How long a receiver takes. */
  answerMs = 5;
  /** Requests under way to each URL, and the most there ever were. */
  readonly inFlight = new Map<string, number>();
  mostInFlight = 0;

  private constructor(database: TestDatabase, driver: StoreDriver) {
    const close = [() => database.drop(), () => driver.close()];
    const remove = async () => {
      for (const step of close.splice(0).toReversed()) await step();
    };
    super({ driver, remove });
    this.#database = database;
    this.#close = close;
  }

  static async open(): Promise<Cluster> {
    const database = await makeDatabase();
    return new Cluster(database, await openPostgres({ url: database.url, connections: 4 }));
  }

  /** `meets`: it and those that do likewise are on one machine. */
  async join({ sends = true, linked = false, meets = false } = {}): Promise<Member> {
    const url = new URL(this.#database.url);
    const link = linked ? new Link(Number(url.port)) : null;
    if (link) {
      url.port = String(await link.listen());
      this.#close.push(() => link.close());
    }
    const real = await openPostgres({ url: url.href, connections: 4 });
    this.#close.push(() => real.close());
    const member = new Member(real, link);
    this.members.push(member);
    const driver = this.#seenBy(member, real);
    member.engine = this.build(this.#transportOf(member), {
      driver,
      neighbours: meets ? this.street.door(member.dweller) : null,
      timers: this.#timersOf(member),
      exclusive: false,
      sends,
      sweepMs: SWEEP_MS,
      jobs: [],
      onTrouble: (error) => {
        if (!(link && error instanceof StorageUnavailable)) throw error;
      },
    });
    this.engine ??= member.engine;
    await member.engine.start();
    await this.settle();
    return member;
  }

  /** Until the server has noticed whose connections have ended, and who has not. */
  async noticed(holds: (lost: number) => boolean): Promise<void> {
    const deadline = performance.now() + NOTICED_MS;
    for (;;) {
      const lost = (await this.driver.presence?.lost(this.world.now())) ?? [];
      if (holds(lost.length)) return;
      if (performance.now() > deadline) throw new Error(`It does not come to that: ${lost.length} are lost.`);
    }
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
    const real = driver.presence as Presence;
    const presence: Presence = {
      lost: (now) => this.#call(member, () => real.lost(now)),
      bury: (process) => this.#call(member, () => real.bury(process)),
      listen: (listener) =>
        real.listen(() => {
          member.cuts += 1;
          member.deliver(listener);
        }),
    };
    return new Proxy(driver, {
      get: (whole, verb) => {
        if (verb === "hints") return hints;
        if (verb === "presence") return presence;
        const call = Reflect.get(whole, verb) as (...input: unknown[]) => Promise<unknown>;
        return (...input: unknown[]) => {
          this.called.set(verb, (this.called.get(verb) ?? 0) + 1);
          return this.#call(member, () => call.apply(whole, input));
        };
      },
    });
  }

  #call<Result>(member: Member, call: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (member.isDead) return;
      this.underway.during(call).then(
        (result) => member.deliver(() => resolve(result)),
        (error) => member.deliver(() => reject(error)),
      );
    });
  }
}
