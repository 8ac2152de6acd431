/** Calls that a store is at work on: a world that is moved by hand stands still meanwhile. */
export class Underway {
  #calls = 0;
  #waiting: (() => void)[] = [];

  async during<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Lets promises run until no call is under way. Looks no more often than it must: a server needs the same cores. */
  readonly settle = async (): Promise<void> => {
    await turn();
    while (this.#calls > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      await turn();
    }
  };
}

/** How seldom the event loop turns: often enough for time limits, and for what the store's binding frees in a turn. */
const TICKS = 64;
let ticks = 0;

/** A tick begins when no promise has anything left to run, and costs less than a turn of the event loop. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (++ticks % TICKS === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
