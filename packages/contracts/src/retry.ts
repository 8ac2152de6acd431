/** Retry tables: each contract's as data (docs/conformance.md, "Retries, timeouts, response codes"). */
import type { FailureAction, RetryPolicy } from "./contract.ts";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
export type Delay = `${number}${keyof typeof UNITS}`;

/** `["30s", "5m"]`: delays after each failed attempt; every failure is retried unless `onStatus` says otherwise. */
export function retryPolicy(
  delays: readonly Delay[],
  onStatus: (status: number) => FailureAction = () => "retry",
): RetryPolicy {
  return {
    delaysMs: delays.map(milliseconds),
    onFailure: (status) => (status === null ? "retry" : onStatus(status)),
  };
}

function milliseconds(delay: Delay): number {
  const unit = delay.at(-1) as keyof typeof UNITS;
  return Number(delay.slice(0, -1)) * UNITS[unit];
}
