import { createSecretKey } from "node:crypto";
import type { CanonicalEventType, Contract } from "@ticketrail/contracts";
import type { Endpoint } from "../domain/endpoint.ts";
import { openHeaders } from "../domain/sealed-headers.ts";
import type { StoreDriver } from "../store/driver.ts";
import type { Destination, SigningKey } from "./sender.ts";
import type { Vault } from "./vault.ts";

/** An endpoint made ready for sending: one key object a secret, since making one costs more than signing. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly contract: Contract;
  readonly destination: Destination;
}

/** A store's endpoints as of one version. */
export interface StoreTargets {
  readonly version: number;
  readonly all: ReadonlyMap<string, Target>;
  /** Who receives an event of a type, whatever the endpoint's state: paused ones keep a queue. */
  readonly byType: ReadonlyMap<CanonicalEventType, readonly Target[]>;
}

const CACHED_STORES = 10_000;

export class Targets {
  readonly #driver: StoreDriver;
  readonly #vault: Vault;
  readonly #contracts: ReadonlyMap<string, Contract>;
  readonly #stores = new Map<string, Promise<StoreTargets>>();
  readonly #loaded = new Map<string, StoreTargets>();

  constructor(driver: StoreDriver, vault: Vault, contracts: ReadonlyMap<string, Contract>) {
    this.#driver = driver;
    this.#vault = vault;
    this.#contracts = contracts;
  }

  ofStore(storeId: string): Promise<StoreTargets> {
    const cached = this.#stores.get(storeId);
    if (cached) return cached;
    const loading = this.#load(storeId);
    this.#stores.set(storeId, loading);
    loading.then(
      (loaded) => {
        if (this.#stores.get(storeId) === loading) this.#loaded.set(storeId, loaded);
      },
      () => this.#stores.delete(storeId),
    );
    for (const oldest of this.#stores.keys()) {
      if (this.#stores.size <= CACHED_STORES) break;
      this.forget(oldest);
    }
    return loading;
  }

  /** What `ofStore` would resolve to, where it is loaded: the way of every attempt. */
  peek(storeId: string): StoreTargets | undefined {
    return this.#loaded.get(storeId);
  }

  forget(storeId: string): void {
    this.#stores.delete(storeId);
    this.#loaded.delete(storeId);
  }

  forgetAll(): void {
    this.#stores.clear();
    this.#loaded.clear();
  }

  async #load(storeId: string): Promise<StoreTargets> {
    const { version, endpoints } = await this.#driver.storeEndpoints(storeId);
    const all = new Map<string, Target>();
    const byType = new Map<CanonicalEventType, Target[]>();
    for (const endpoint of endpoints) {
      const contract = this.#contracts.get(endpoint.contract);
      if (!contract) continue;
      const target = { endpoint, contract, destination: this.#destinationOf(endpoint, contract) };
      all.set(endpoint.id, target);
      for (const type of endpoint.canonical) {
        const receivers = byType.get(type);
        if (receivers) receivers.push(target);
        else byType.set(type, [target]);
      }
    }
    return { version, all, byType };
  }

  #destinationOf(endpoint: Endpoint, contract: Contract): Destination {
    return {
      url: endpoint.url,
      contract: contract.name,
      encoding: endpoint.encoding,
      keys: this.#keysOf(endpoint, contract),
      headers: { ...contract.deliveryHeaders, ...openHeaders(this.#vault, endpoint) },
    };
  }

  /** A secret that will not open (another key, a damaged row) leaves the endpoint without keys, and its attempts say so. */
  #keysOf(endpoint: Endpoint, contract: Contract): SigningKey[] {
    return endpoint.secrets.flatMap(({ sealed, expiresAt }) => {
      try {
        const secret = this.#vault.open(sealed, endpoint.id);
        return [{ key: createSecretKey(contract.signing.key(secret)), expiresAt }];
      } catch {
        return [];
      }
    });
  }
}
