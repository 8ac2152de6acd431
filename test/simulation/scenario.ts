import { PLANS, type Plan } from "../../packages/server/src/domain/store.ts";
import type { Dice } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A stretch of time in which something is not as it should be, in epoch ms. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Calls of the store that reject, before or after they have done what they were asked. */
export interface Outage extends Stretch {
  /** Share of the calls. */
  readonly share: number;
  /** Share of those that were committed first, so that only their answer is lost. */
  readonly afterShare: number;
  /** Null: every process; else the place of the one whose connection is bad. */
  readonly slot: number | null;
}

export interface Freeze extends Stretch {
  readonly slot: number;
}

export const CHANGES = [
  "pause",
  "resume",
  "blink",
  "url",
  "rotate",
  "events",
  "delete",
  "create",
  "plan",
  "replay",
  "replayOne",
  "replayState",
  "forget",
] as const;
export type Change = (typeof CHANGES)[number];

/** All that is going to happen in one run, drawn before it starts; what depends on the hub is drawn as it happens. */
export interface Scenario {
  readonly start: number;
  /** When the trouble ends: from here on everything is healthy. */
  readonly calmAt: number;
  readonly retryScale: number;
  readonly plan: Plan;
  readonly processes: number;
  /** Over several, calls of one process overtake each other. */
  readonly connections: "one" | "several";
  readonly endpoints: number;
  readonly publishes: readonly number[];
  readonly deaths: readonly number[];
  readonly restarts: readonly number[];
  readonly freezes: readonly Freeze[];
  readonly outages: readonly Outage[];
  /** When calls take their time. */
  readonly slow: readonly Stretch[];
  readonly changes: readonly { readonly at: number; readonly kind: Change }[];
}

/** Shortly before an hour is over where the plan's limit is to be met, so that the next hour is near. */
const HALF_PAST = Date.UTC(2026, 0, 18, 10, 30);
const BEFORE_THE_HOUR = Date.UTC(2026, 0, 18, 10, 57);

export function draw(dice: Dice): Scenario {
  const limited = dice.roll() < 0.25;
  const start = limited ? BEFORE_THE_HOUR : HALF_PAST;
  const span = dice.pick([20 * SECOND, MINUTE, 4 * MINUTE]);
  const moment = () => start + dice.upTo(span);
  const publishes = bursts(dice, moment);
  // Where there is something to disturb, more often than not.
  const busy = () =>
    dice.roll() < 0.6 ? Math.min(start + span - 2, dice.pick(publishes) + dice.upTo(300)) : moment();
  const moments = (count: number) => Array.from({ length: count }, busy).sort((a, b) => a - b);
  const some = (share: number, most: number) => (dice.roll() < share ? 1 + dice.upTo(most) : 0);
  const stretch = (lengths: readonly number[]): Stretch => {
    // Not from the first moment: the hub is set up in it.
    const from = busy() + 1;
    return { from, to: from + dice.pick(lengths) };
  };
  const processes = dice.roll() < 0.2 ? 2 + dice.upTo(2) : 1;
  const kinds = dice.pick([CHANGES, CHANGES, ["pause", "resume", "url", "plan"], ["blink"]] as const);
  // What a pause may disturb is under way for long, and no call fails: where one does, order is not promised.
  const blinks = kinds.length === 1;
  return {
    start,
    calmAt: start + span,
    retryScale: dice.pick([0.001, 0.01]),
    plan: limited ? dice.pick(PLANS) : "enterprise",
    processes,
    connections: dice.pick(["one", "several"]),
    endpoints: 1 + dice.upTo(2),
    publishes,
    deaths: moments(some(0.3, 2)),
    restarts: moments(some(0.2, 2)),
    freezes: Array.from({ length: some(processes > 1 ? 0.5 : 0.1, 2) }, () => ({
      ...stretch([SECOND, 30 * SECOND, 100 * SECOND]),
      slot: dice.upTo(processes),
    })),
    outages: Array.from({ length: some(blinks ? 0 : 0.35, 3) }, () => ({
      ...stretch([10, SECOND, 10 * SECOND, 90 * SECOND]),
      share: dice.pick([0.1, 0.5, 1]),
      afterShare: dice.pick([0, 0.5, 1]),
      slot: dice.roll() < 0.5 ? null : dice.upTo(processes),
    })),
    slow: blinks
      ? [{ from: start + 1, to: start + span }]
      : Array.from({ length: some(0.35, 2) }, () => stretch([SECOND, 10 * SECOND, 60 * SECOND])),
    changes: changeTimes(dice, publishes, moment, some(blinks ? 1 : 0.6, 5)).map((at) => ({
      at,
      kind: dice.pick(kinds),
    })),
  };
}

/** Bursts: what comes alone meets neither a full lane nor another event of its order. */
function bursts(dice: Dice, moment: () => number): number[] {
  const times: number[] = [];
  for (let burst = 1 + dice.upTo(3); burst > 0; burst--) {
    const at = moment();
    for (let size = 1 + dice.upTo(dice.roll() < 0.2 ? 20 : 5); size > 0; size--)
      times.push(at + (dice.roll() < 0.3 ? dice.upTo(200) : 0));
  }
  return times.sort((a, b) => a - b);
}

/** Most changes come while something is on its way: around a burst, in twos and threes. */
const changeTimes = (
  dice: Dice,
  publishes: readonly number[],
  moment: () => number,
  count: number,
): number[] =>
  Array.from({ length: count }, () =>
    dice.roll() < 0.3 ? moment() : dice.pick(publishes) + dice.pick([0, 1, 20, 200, 600, 2_000]),
  ).sort((a, b) => a - b);

/** First attempts an hour, so few that a handful of events uses them up. */
export const SMALL_LIMIT: Readonly<Record<Plan, number | null>> = {
  starter: 3,
  grow: 6,
  professional: 12,
  enterprise: null,
};
