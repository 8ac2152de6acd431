import type { Clock } from "../domain/id.ts";
import type { Store } from "../domain/store.ts";
import type { StoreDriver } from "../store/driver.ts";

const CACHED = 10_000;

/** Stores as last read; `forget` after a change. Where others may make one, they are read anew after `keepMs`. */
export class Stores {
  readonly #driver: StoreDriver;
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #cache = new Map<string, Promise<Store | null>>();
  #since = Number.NEGATIVE_INFINITY;

  constructor(driver: StoreDriver, clock: Clock, keepMs: number) {
    this.#driver = driver;
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  get(id: string): Promise<Store | null> {
    const now = this.#clock.now();
    if (Math.abs(now - this.#since) > this.#keepMs) {
      this.#cache.clear();
      this.#since = now;
    }
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const loading = this.#driver.getStore(id);
    if (this.#cache.size >= CACHED) this.#cache.clear();
    this.#cache.set(id, loading);
    loading.then(
      (store) => store ?? this.#cache.delete(id),
      () => this.#cache.delete(id),
    );
    return loading;
  }

  forget(id: string): void {
    this.#cache.delete(id);
  }

  forgetAll(): void {
    this.#cache.clear();
  }
}
