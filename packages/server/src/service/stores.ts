import { currencyExponent } from "@ticketrail/contracts";
import { notFound } from "../domain/error.ts";
import type { Plan, Store } from "../domain/store.ts";
import type { Audit, List, ListInput } from "../store/driver.ts";
import { Cache } from "./cache.ts";
import { auditOf, type Call, sees } from "./call.ts";
import type { ServiceContext } from "./context.ts";

/** The body of `POST /v1/stores`. */
export interface StoreInput {
  readonly name: string;
  readonly currency: string;
  readonly timezone: string;
  readonly plan?: Plan;
  readonly externalId?: string | null;
  readonly tenantId?: string;
  readonly acceptWithinMinutes?: number;
}

export interface StoreChanges {
  readonly plan?: Plan;
  readonly name?: string;
  readonly acceptWithinMinutes?: number;
}

/** contracts: "A deadline (10 minutes by default, per store)". */
const ACCEPT_WITHIN_MINUTES = 10;
const CACHE = { ttlMs: 5_000, limit: 10_000 };

/** Restaurants, and who changed what in them. */
export class Stores {
  readonly #context: ServiceContext;
  readonly #cache: Cache<Store>;

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#cache = new Cache(context.clock, CACHE);
  }

  create(call: Call, input: StoreInput): Promise<Store> {
    const now = this.#context.clock.now();
    const id = call.newId("store_");
    const store: Store = {
      id,
      tenantId: input.tenantId ?? call.newId("ten_"),
      externalId: input.externalId ?? null,
      name: input.name,
      currency: input.currency,
      exponent: currencyExponent(input.currency),
      timezone: input.timezone,
      plan: input.plan ?? "starter",
      acceptWithinMinutes: input.acceptWithinMinutes ?? ACCEPT_WITHIN_MINUTES,
      createdAt: now,
    };
    return this.#context.driver.createStore(store, auditOf(call, now, "store.create", id, id));
  }

  /** Another store's id is not found. May be some seconds old where another process has changed the store. */
  get(call: Call, id: string): Store | Promise<Store> {
    if (!sees(call, id)) throw notFound("store");
    return this.#cache.get(id) ?? this.#load(id);
  }

  async #load(id: string): Promise<Store> {
    const store = await this.#context.driver.getStore(id);
    if (store === null) throw notFound("store");
    this.#cache.set(id, store);
    return store;
  }

  /** Another process may have changed it. */
  forget(id: string): void {
    this.#cache.delete(id);
  }

  list(input: ListInput): Promise<List<Store>> {
    return this.#context.driver.listStores(input);
  }

  async update(call: Call, id: string, changes: StoreChanges): Promise<Store> {
    if (!sees(call, id)) throw notFound("store");
    const audit = auditOf(call, this.#context.clock.now(), "store.update", id, id);
    const { driver, engine } = this.#context;
    // A call that fails may have been carried out; the engine keeps the plan's limit in mind, for the store as a whole.
    const store = await driver.updateStore(id, changes, audit).finally(() => {
      this.#cache.delete(id);
      engine.wake(id, "");
    });
    if (store === null) throw notFound("store");
    return store;
  }

  listAudit(call: Call, storeId: string | undefined, input: ListInput): Promise<List<Audit>> {
    if (storeId !== undefined && !sees(call, storeId)) throw notFound("store");
    const only = storeId ?? call.storeId;
    return this.#context.driver.listAudit({ ...input, ...(only === null ? {} : { storeId: only }) });
  }
}
