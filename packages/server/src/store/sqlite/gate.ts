/** `gate` of a delivery that waits unleased: what it needs before it may go. */
export const NEEDS_QUOTA = 0;
/** Retries, replays and test sends. */
export const FREE = 1;
/** A first attempt that was counted in that hour already. */
export const countedIn = (hour: number): number => hour + 2;

/** Of one that comes back unsent: a first attempt needs quota unless it was counted, all else is free to go. */
export const GATE_OF_UNSENT = `iif(test = 1 OR attempts <> '[]', ${FREE}, coalesce(counted_hour + 2, ${NEEDS_QUOTA}))`;
