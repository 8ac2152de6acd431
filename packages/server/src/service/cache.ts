import type { Clock } from "../domain/id.ts";

/**
 * A bounded map whose entries go stale. What another process changes is seen when an entry has run out;
 * what this process changes is deleted from here at once.
 */
export class Cache<Value> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #limit: number;
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(clock: Clock, limits: { readonly ttlMs: number; readonly limit: number }) {
    this.#clock = clock;
    this.#ttlMs = limits.ttlMs;
    this.#limit = limits.limit;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const left = entry.until - this.#clock.now();
    // A clock that was set back must not keep an entry alive for longer than it was meant to.
    if (left > 0 && left <= this.#ttlMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    if (this.#entries.size >= this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, until: this.#clock.now() + this.#ttlMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
