import type { CanonicalEventType, SignatureEncoding } from "@ticketrail/contracts";

/** A subscription's address, at rest. */
export interface Endpoint {
  readonly id: string;
  readonly tenantId: string;
  readonly storeId: string;
  readonly contract: string;
  readonly url: string;
  /** As subscribed, in the contract's own names. */
  readonly events: readonly string[];
  /** What `events` comes to. */
  readonly canonical: readonly CanonicalEventType[];
  /** Encrypted under the endpoint's id, the newest first; an older one counts until its `expiresAt`. */
  readonly secrets: readonly { readonly sealed: string; readonly expiresAt: number | null }[];
  readonly encoding: SignatureEncoding;
  /** The endpoint's own, by lower-case name; their values are sealed. */
  readonly headers: Readonly<Record<string, string>>;
  /** `paused` by its owner; `disabled` by the hub (410, or seven days of failure); `deleted` is final. */
  readonly state: "active" | "paused" | "disabled" | "deleted";
  readonly disabledReason: string | null;
  /** One more at each change; a write names the one it read. */
  readonly version: number;
  readonly createdAt: number;
}

/** What the attempts say of an endpoint; kept by the store as attempts are recorded. */
export interface EndpointRecord {
  readonly consecutiveFailures: number;
  /** Of the first failure since the last success. */
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
}

export const NO_RECORD: EndpointRecord = {
  consecutiveFailures: 0,
  failingSince: null,
  lastSuccessAt: null,
  lastFailureAt: null,
};

export const DAY_MS = 86_400_000;
export const FAILING_DAYS = 7;
/** A restaurant that is closed on some days causes no failures on them. */
const DAYS_WITH_FAILURES = 4;

/** Failing for seven whole days without a success, and not merely silent. Ordeliya, "Best Practices" 6. */
export const isFailingForDays = (record: EndpointRecord, now: number): boolean =>
  record.failingSince !== null &&
  now - record.failingSince >= FAILING_DAYS * DAY_MS &&
  record.lastFailureAt !== null &&
  now - record.lastFailureAt <= DAY_MS;

/**
 * Whether the failures really went on: on most of the seven days there were some. One failure before the hub stood
 * still for a week, or before its machine's clock was set a week forward, and one after it, are no seven days.
 * `failuresSince`: failed attempts in the last day, the last two days, and so on to seven.
 */
export const failedOnMostDays = (failuresSince: readonly number[]): boolean =>
  failuresSince.filter((count, day) => count > (failuresSince[day - 1] ?? 0)).length >= DAYS_WITH_FAILURES;
