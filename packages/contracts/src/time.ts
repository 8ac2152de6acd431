/** Canonical times are `2026-01-18T10:30:00.000Z`; Olympus and MiPOS publish whole seconds. */
export const wholeSeconds = (time: string): string => `${time.slice(0, 19)}Z`;

export const wholeSecondsOrNull = (time: string | null): string | null =>
  time === null ? null : wholeSeconds(time);
