/** Things under way that all have the same time to finish. */
export interface Deadlines<T> {
  add(item: T, startedAtMs: number): void;
  remove(item: T): void;
  /** Resolves as soon as nothing is under way. */
  drained(): Promise<void>;
}

/**
 * One timer for all of them. Equal times end in the order they began, so only the oldest needs watching: under load the
 * timer is set about once per `timeoutMs`, not once per item. `startedAtMs` is `performance.now()`.
 */
export function deadlines<T>(timeoutMs: number, expire: (item: T) => void): Deadlines<T> {
  const startedAt = new Map<T, number>();
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;

  const watch = (delayMs: number): void => {
    // A socket keeps the process alive as long as it is needed; the timer need not.
    timer = setTimeout(sweep, delayMs).unref();
  };

  const sweep = (): void => {
    timer = null;
    const now = performance.now();
    for (const [item, startedAtMs] of startedAt) {
      const leftMs = startedAtMs + timeoutMs - now;
      if (leftMs > 0) {
        watch(Math.ceil(leftMs));
        return;
      }
      startedAt.delete(item);
      expire(item);
    }
    settleWaiting();
  };

  const settleWaiting = (): void => {
    if (startedAt.size === 0) for (const resolve of waiting.splice(0)) resolve();
  };

  return {
    add(item, startedAtMs) {
      startedAt.set(item, startedAtMs);
      if (timer === null) watch(timeoutMs);
    },
    remove(item) {
      startedAt.delete(item);
      if (waiting.length > 0) settleWaiting();
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        settleWaiting();
      }),
  };
}
