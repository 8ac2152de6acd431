import type { Scope, StoreFacts } from "@ticketrail/contracts";

export const PLANS = ["starter", "grow", "professional", "enterprise"] as const;
export type Plan = (typeof PLANS)[number];

/** First attempts per store and UTC clock hour. Ordeliya, "Rate Limits". */
export const HOURLY_LIMIT: Readonly<Record<Plan, number | null>> = {
  starter: 500,
  grow: 2_000,
  professional: 10_000,
  enterprise: null,
};

export const HOUR_MS = 3_600_000;
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);

/** A restaurant. */
export interface Store extends StoreFacts {
  readonly name: string;
  readonly timezone: string;
  readonly plan: Plan;
  /** An order that nobody accepted within this time fails. */
  readonly acceptWithinMinutes: number;
  readonly createdAt: number;
}

/** An API key at rest. */
export interface KeyRecord {
  readonly id: string;
  readonly storeId: string;
  readonly contract: string;
  readonly scopes: readonly Scope[];
  /** Keyed hash of the key itself, hex. */
  readonly hash: string;
  /** The key's last four characters, to tell keys apart; not there on a key of before they were kept. */
  readonly lastFour?: string;
  /** OAuth client credentials, where the contract issues them; the secrets as keyed hashes. */
  readonly client: {
    readonly id: string;
    readonly secretHash: string;
    readonly refreshTokenHash: string;
    /** Encrypted: the webhook secret of every endpoint that is registered with this key. */
    readonly webhookSecret: string;
  } | null;
  readonly createdAt: number;
}
