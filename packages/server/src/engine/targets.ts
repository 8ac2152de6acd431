import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { CanonicalEventType, Contract } from "@ticketrail/contracts";
import type { Endpoint } from "../domain/endpoint.ts";
import type { ClaimedDelivery, StoreDriver } from "../store/driver.ts";
import type { SendRequest } from "./sender.ts";
import type { Vault } from "./vault.ts";

/** An endpoint made ready for sending: one key object a secret, since making one costs more than signing. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly contract: Contract;
  /** The newest first. */
  readonly keys: readonly SigningKey[];
  /** The same on every attempt. */
  readonly headers: Readonly<Record<string, string>>;
}

interface SigningKey {
  readonly key: KeyObject;
  readonly expiresAt: number | null;
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

  async #load(storeId: string): Promise<StoreTargets> {
    const { version, endpoints } = await this.#driver.storeEndpoints(storeId);
    const all = new Map<string, Target>();
    const byType = new Map<CanonicalEventType, Target[]>();
    for (const endpoint of endpoints) {
      const contract = this.#contracts.get(endpoint.contract);
      if (!contract) continue;
      const headers = { ...contract.deliveryHeaders, ...endpoint.headers };
      const target = { endpoint, contract, headers, keys: this.#keysOf(endpoint, contract) };
      all.set(endpoint.id, target);
      for (const type of endpoint.canonical) {
        const receivers = byType.get(type);
        if (receivers) receivers.push(target);
        else byType.set(type, [target]);
      }
    }
    return { version, all, byType };
  }

  /** A secret that will not open (another key, a damaged row) leaves the endpoint without keys, and its attempts say so. */
  #keysOf(endpoint: Endpoint, contract: Contract): Target["keys"] {
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

/**
 * The request for one attempt, signed afresh; null where the endpoint has no usable secret. `stampedAt` is the wall's
 * time, which receivers hold against their own.
 */
export function requestFor(
  target: Target,
  delivery: ClaimedDelivery,
  now: number,
  stampedAt: number,
): SendRequest | null {
  const { contract, endpoint } = target;
  const { signing } = contract;
  const timestamp =
    signing.timestampUnit === "ms" ? String(stampedAt) : String(Math.floor(stampedAt / 1_000));
  const keys = keysAt(target, now);
  if (keys.length === 0) return null;
  const prefix = signing.prefix({ eventId: delivery.eventId, timestamp });
  const signed = prefix + delivery.body;
  const signatures = keys.map(({ key }) =>
    createHmac("sha256", key).update(signed).digest(endpoint.encoding),
  );
  const stamp = {
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    deliveryId: delivery.id,
    timestamp,
  };
  return {
    url: endpoint.url,
    headers: { ...target.headers, ...signing.headers(stamp, signatures) },
    body: delivery.body,
  };
}

/** The newest alone, save where verifiers read several. */
function keysAt({ keys, contract }: Target, now: number): readonly SigningKey[] {
  if (keys.length <= 1) return keys;
  const live = keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  return contract.signing.overlap ? live : live.slice(0, 1);
}
