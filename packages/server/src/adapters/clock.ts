import type { Clock } from "../domain/id.ts";

export const systemClock: Clock = Object.freeze({ now: () => Date.now() });
