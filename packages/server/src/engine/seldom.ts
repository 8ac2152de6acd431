import type { Clock } from "../domain/id.ts";

/** Of what an answer took, so many times passes until it is asked for again. */
const TIMES = 20;

/**
 * Asks for what takes longer the more there is, and gives the same answer to all who come meanwhile and for a while
 * after: `leastMs` at least, and so long that the asking takes a twentieth of the time.
 */
export function seldom<Result>(
  ask: () => Promise<Result>,
  clock: Clock,
  leastMs: number,
): () => Promise<Result> {
  let answer: Promise<Result> | null = null;
  let askedAt = 0;
  let holdsMs = 0;
  return () => {
    const now = clock.now();
    if (answer !== null && Math.abs(now - askedAt) < holdsMs) return answer;
    askedAt = now;
    holdsMs = Number.POSITIVE_INFINITY;
    answer = ask().finally(() => {
      holdsMs = Math.max(leastMs, TIMES * (clock.now() - now));
    });
    return answer;
  };
}
