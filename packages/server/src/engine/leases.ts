import type { NewId } from "../domain/id.ts";
import type { LeaseGrant } from "../store/driver.ts";

/** How long a lease lasts before others may take the work. */
export const LEASE_MS = 60_000;
/** A hand-off token is shared by what is accepted within this time. */
const SHARED_MS = 1_000;

/** The leases this process holds: one fencing token a claim, one a second for what is handed over in memory. */
export class Leases {
  readonly #newId: NewId;
  readonly #held = new Map<string, number>();
  #shared: LeaseGrant | null = null;

  constructor(newId: NewId) {
    this.#newId = newId;
  }

  grant(now: number): LeaseGrant {
    return { token: this.#newId("lease_"), until: now + LEASE_MS };
  }

  shared(now: number): LeaseGrant {
    if (
      !this.#shared ||
      now > this.#shared.until - LEASE_MS + SHARED_MS ||
      now < this.#shared.until - LEASE_MS
    ) {
      this.#shared = this.grant(now);
    }
    return this.#shared;
  }

  hold(token: string, deliveries: number): void {
    const held = (this.#held.get(token) ?? 0) + deliveries;
    if (held > 0) this.#held.set(token, held);
    else this.#held.delete(token);
  }

  /** To be extended while something is still held under them. */
  tokens(): string[] {
    return [...this.#held.keys()];
  }
}
