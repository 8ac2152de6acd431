export type IdempotencyClaim =
  /** `since`: when it was claimed first. A claim that is free again keeps that time, so that ids made from it stay the same. */
  | { readonly kind: "fresh"; readonly since: number }
  /** `answer` as it was sealed. */
  | { readonly kind: "answered"; readonly answer: string }
  | { readonly kind: "mismatch" }
  | { readonly kind: "in_flight" };

export interface Idempotency {
  /** `scope` is key and path. A claim that was never answered (its process died) is free again after `leaseUntil`. */
  claimIdempotencyKey(input: {
    readonly scope: string;
    readonly key: string;
    readonly digest: string;
    readonly now: number;
    readonly leaseUntil: number;
  }): Promise<IdempotencyClaim>;
  answerIdempotencyKey(input: {
    readonly scope: string;
    readonly key: string;
    readonly answer: string;
    readonly expiresAt: number;
  }): Promise<void>;
  /** The request failed on our side: let the caller try again, with the time of the first claim. */
  dropIdempotencyKey(scope: string, key: string): Promise<void>;
}

export interface PruneInput {
  readonly now: number;
  /** Settled deliveries (dead letters apart), and events with none left, older than this go. */
  readonly settledBefore: number;
  readonly deadLettersBefore: number;
  readonly limit: number;
}
export interface PruneResult {
  readonly deliveries: number;
  readonly events: number;
  readonly idempotencyKeys: number;
}
