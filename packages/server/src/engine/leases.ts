import type { NewId } from "../domain/id.ts";
import type { LeaseGrant } from "../store/driver.ts";

/** How long a lease lasts before others may take the work. */
export const LEASE_MS = 30_000;
/** A hand-off token is shared by what is accepted within this time. */
const SHARED_MS = 1_000;

/** By a process's tokens others can tell what it held. `holder`: its id; null where no other one can be. */
export function tokensOf(holder: string | null, newId: NewId): () => string {
  if (holder === null) return () => newId("lease_");
  let count = 0;
  return () => `${holder}/${(++count).toString(36)}`;
}

/** The leases this process holds: one fencing token a claim, one a second for what is handed over in memory. */
export class Leases {
  readonly #newToken: () => string;
  readonly #limit: () => number;
  readonly #held = new Map<string, { deliveries: number; until: number }>();
  #shared: (LeaseGrant & { readonly since: number }) | null = null;

  /** `limit`: none lasts until then, epoch ms; what lasts as long as it can is extended in time. */
  constructor(newToken: () => string, limit: () => number) {
    this.#newToken = newToken;
    this.#limit = limit;
  }

  grant(now: number): LeaseGrant {
    return { token: this.#newToken(), until: Math.min(now + LEASE_MS, this.#limit() - 1) };
  }

  /** For what is sent at once, by whichever process: no lane is asked. */
  alone(now: number): LeaseGrant {
    return { token: this.#newToken(), until: now + LEASE_MS };
  }

  shared(now: number): LeaseGrant {
    const since = this.#shared?.since ?? Number.NEGATIVE_INFINITY;
    if (!this.#shared || now > since + SHARED_MS || now < since) {
      this.#shared = { ...this.grant(now), since: now };
    }
    return this.#shared;
  }

  /** One more delivery is held under the lease. */
  take({ token, until }: LeaseGrant): void {
    const held = this.#held.get(token);
    if (held) held.deliveries += 1;
    else this.#held.set(token, { deliveries: 1, until });
  }

  letGo(token: string): void {
    const held = this.#held.get(token);
    if (!held) return;
    held.deliveries -= 1;
    if (held.deliveries === 0) this.#held.delete(token);
  }

  /** The store has extended it. */
  extended({ token, until }: LeaseGrant): void {
    const held = this.#held.get(token);
    if (held) held.until = until;
  }

  /** Whether nobody else can have taken what is held under it. */
  isLive(token: string, now: number): boolean {
    return now < (this.#held.get(token)?.until ?? 0);
  }

  /** Whether any that something is held under has. */
  haveRunOut(now: number): boolean {
    return [...this.#held.values()].some(({ until }) => until <= now);
  }

  /** To be extended while something is still held under them. */
  tokens(): string[] {
    return [...this.#held.keys()];
  }
}
