import { createHash } from "node:crypto";
import { invalidField, Refusal } from "../domain/error.ts";
import { type Clock, idsFrom, type NewId, type Random } from "../domain/id.ts";
import type { Vault } from "../engine/vault.ts";
import type { StoreDriver } from "../store/driver.ts";

/** A response as it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null is no body. */
  readonly body: string | null;
}

/** What a request's ids and secrets are drawn from. */
export interface Draws {
  readonly random: Random;
  readonly newId: NewId;
}

export interface IdempotencyParts {
  readonly driver: Pick<StoreDriver, "claimIdempotencyKey" | "answerIdempotencyKey" | "dropIdempotencyKey">;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The same bytes for the same seed, in this process and in the next. */
  readonly seededRandom: (seed: string) => Random;
  readonly onTrouble: (error: unknown) => void;
}

/** interface: "for 24 h". */
const KEPT_MS = 86_400_000;
/** Longer than any request takes, a test send included; then a claim whose process has died is free again. */
const LEASE_MS = 60_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * interface: "`Idempotency-Key` is optional and understood on every POST". Should the process die between what a
 * request does and its answer, the request is done again with the same ids, which the store knows already.
 */
export class Idempotency {
  readonly #parts: IdempotencyParts;

  constructor(parts: IdempotencyParts) {
    this.#parts = parts;
  }

  async answer(
    request: { readonly scope: string; readonly key: string; readonly body: Uint8Array | null },
    run: (draws: Draws) => Promise<Answer>,
  ): Promise<Answer> {
    const { scope, key } = request;
    if (!KEY.test(key)) {
      throw invalidField("Idempotency-Key", "must be 1 to 255 visible ASCII characters without spaces");
    }
    const digest = createHash("sha256")
      .update(request.body ?? "")
      .digest("hex");
    const { driver, vault, clock } = this.#parts;
    const now = clock.now();
    const claim = await driver.claimIdempotencyKey({ scope, key, digest, now, leaseUntil: now + LEASE_MS });
    if (claim.kind === "mismatch") throw mismatch();
    if (claim.kind === "in_flight") throw inFlight();
    if (claim.kind === "answered") {
      const kept: Answer = JSON.parse(vault.open(claim.answer, ownerOf(scope, key)));
      return { ...kept, headers: { ...kept.headers, "idempotency-replayed": "true" } };
    }
    const draws = this.#draws(`${scope}\n${key}\n${digest}`, claim.since);
    return this.#settle(scope, key, await this.#attempt(scope, key, draws, run));
  }

  async #attempt(
    scope: string,
    key: string,
    draws: Draws,
    run: (draws: Draws) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await run(draws);
    } catch (error) {
      await this.#drop(scope, key);
      throw error;
    }
  }

  /** A failure on our side, or "not now", is no answer to keep. */
  async #settle(scope: string, key: string, answer: Answer): Promise<Answer> {
    if (answer.status >= 500 || answer.status === 429) {
      await this.#drop(scope, key);
      return answer;
    }
    const { driver, vault, clock, onTrouble } = this.#parts;
    try {
      const sealed = vault.seal(JSON.stringify(answer), ownerOf(scope, key));
      await driver.answerIdempotencyKey({ scope, key, answer: sealed, expiresAt: clock.now() + KEPT_MS });
    } catch (error) {
      // What was asked for has been done, and doing it again would come to the same ids.
      onTrouble(error);
    }
    return answer;
  }

  async #drop(scope: string, key: string): Promise<void> {
    await this.#parts.driver.dropIdempotencyKey(scope, key).catch(this.#parts.onTrouble);
  }

  /** The time in an id is the first claim's: the clock will have moved on when the request is done again. */
  #draws(seed: string, since: number): Draws {
    const random = this.#parts.seededRandom(`idempotency ${seed} ${since}`);
    return { random, newId: idsFrom({ now: () => since }, random) };
  }
}

const ownerOf = (scope: string, key: string): string => `idempotency ${scope}\n${key}`;

const mismatch = (): Refusal =>
  new Refusal(
    "idempotency_mismatch",
    "This Idempotency-Key came with another body before. Send the same body, or a new key.",
  );

const inFlight = (): Refusal =>
  new Refusal(
    "idempotency_in_flight",
    "A request with this Idempotency-Key is still under way. Wait for its answer, then try again.",
  );
