/** Things under way that all have the same time to finish. */
export interface Deadlines<T> {
  /** Returns the item's place, by which it is removed. */
  add(item: T, startedAtMs: number): number;
  remove(place: number): void;
  /** Resolves as soon as nothing is under way. */
  drained(): Promise<void>;
}

interface Waiting<T> {
  readonly item: T;
  readonly startedAtMs: number;
}

/** Beyond this many ended at the front, the list is shortened. */
const MOST_ENDED = 1_024;

/**
 * One timer for all of them. Equal times end in the order they began, so only the oldest needs watching: under load the
 * timer is set about once per `timeoutMs`, not once per item. `startedAtMs` is `performance.now()`.
 *
 * A list with gaps and not a `Map`: a map under steady adding and removing makes a new table every few dozen items,
 * and the old ones, with all that they refer to, live until the collector's next full round.
 */
export function deadlines<T>(timeoutMs: number, expire: (item: T) => void): Deadlines<T> {
  let list: (Waiting<T> | undefined)[] = [];
  /** The place of `list[0]`. */
  let first = 0;
  /** What comes before has ended. */
  let head = 0;
  let underWay = 0;
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;

  const watch = (delayMs: number): void => {
    // A socket keeps the process alive as long as it is needed; the timer need not.
    timer = setTimeout(sweep, delayMs).unref();
  };

  const sweep = (): void => {
    timer = null;
    const now = performance.now();
    for (let oldest = list[head]; oldest !== undefined; oldest = list[head]) {
      const leftMs = oldest.startedAtMs + timeoutMs - now;
      if (leftMs > 0) {
        watch(Math.ceil(leftMs));
        return;
      }
      remove(first + head);
      expire(oldest.item);
    }
  };

  const remove = (place: number): void => {
    const index = place - first;
    if (list[index] === undefined) return;
    list[index] = undefined;
    underWay -= 1;
    while (head < list.length && list[head] === undefined) head++;
    if (head > MOST_ENDED && head * 2 > list.length) {
      list = list.slice(head);
      first += head;
      head = 0;
    }
    settleWaiting();
  };

  const settleWaiting = (): void => {
    if (underWay === 0) for (const resolve of waiting.splice(0)) resolve();
  };

  return {
    add(item, startedAtMs) {
      list.push({ item, startedAtMs });
      underWay += 1;
      if (timer === null) watch(timeoutMs);
      return first + list.length - 1;
    },
    remove,
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        settleWaiting();
      }),
  };
}
