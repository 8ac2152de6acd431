import type { Store } from "../domain/store.ts";
import type { StoreDriver } from "../store/driver.ts";

const CACHED = 10_000;

/** Stores as last read; `forget` after a change. */
export class Stores {
  readonly #driver: StoreDriver;
  readonly #cache = new Map<string, Promise<Store | null>>();

  constructor(driver: StoreDriver) {
    this.#driver = driver;
  }

  get(id: string): Promise<Store | null> {
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
}
