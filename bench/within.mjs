import { setTimeout } from "node:timers/promises";

/** Undefined when it has not happened by then. @template Result @param {number} ms @param {Promise<Result>} work */
export async function within(ms, work) {
  // A plain race would keep the process alive until its timer fires.
  const gaveUp = new AbortController();
  const limit = setTimeout(ms, undefined, { signal: gaveUp.signal }).catch(() => undefined);
  const result = await Promise.race([work, limit]);
  gaveUp.abort();
  return result;
}
