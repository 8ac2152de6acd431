import type { Contract, Scope } from "@ticketrail/contracts";
import { invalidField, notFound, Refusal } from "../domain/error.ts";
import type { Random } from "../domain/id.ts";
import type { KeyRecord } from "../domain/store.ts";
import type { KeyFilter, List } from "../store/driver.ts";
import { Cache } from "./cache.ts";
import { auditOf, type Call } from "./call.ts";
import type { ServiceContext } from "./context.ts";
import type { Stores } from "./stores.ts";

/** The body of `POST /v1/keys`. */
export interface KeyInput {
  readonly storeId: string;
  readonly contract: string;
  readonly scopes?: readonly Scope[];
}

/** Shown once; only hashes are kept. */
export interface MadeKey {
  readonly record: KeyRecord;
  readonly key: string;
  readonly client: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly refreshToken: string;
    readonly webhookSecret: string;
  } | null;
}

const TOKEN_LIFE_MS = 3_600_000;
const TOKEN = /^(key_[0-9a-z]{1,64})\.([0-9]{1,15})\.([0-9a-f]{16,128})$/;
const CACHE = { ttlMs: 5_000, limit: 10_000 };

/** API keys, and the short-lived tokens that a contract with client credentials gives out for them. */
export class Keys {
  readonly #context: ServiceContext;
  readonly #stores: Stores;
  readonly #byHash: Cache<KeyRecord>;
  readonly #byId: Cache<KeyRecord>;

  constructor(context: ServiceContext, stores: Stores) {
    this.#context = context;
    this.#stores = stores;
    this.#byHash = new Cache(context.clock, CACHE);
    this.#byId = new Cache(context.clock, CACHE);
  }

  async create(call: Call, input: KeyInput): Promise<MadeKey> {
    const contract = this.#context.contracts.get(input.contract);
    if (!contract) {
      throw invalidField("contract", `must be one of: ${[...this.#context.contracts.keys()].join(", ")}`);
    }
    const store = await this.#stores.get(call, input.storeId);
    const { vault, driver, clock } = this.#context;
    const key = contract.keyPrefix + hex(call.random, 16);
    const id = call.newId("key_");
    const client = contract.issuesClientCredentials ? credentials(contract, call.random) : null;
    const record: KeyRecord = {
      id,
      storeId: store.id,
      contract: contract.name,
      scopes: scopesOf(contract, input.scopes),
      hash: vault.hash(key),
      lastFour: key.slice(-4),
      client: client && {
        id: client.clientId,
        secretHash: vault.hash(client.clientSecret),
        refreshTokenHash: vault.hash(client.refreshToken),
        webhookSecret: vault.seal(client.webhookSecret, id),
      },
      createdAt: clock.now(),
    };
    await driver.createKey(record, auditOf(call, record.createdAt, "key.create", store.id, id));
    return { record, key, client };
  }

  list(filter: KeyFilter): Promise<List<KeyRecord>> {
    return this.#context.driver.listKeys(filter);
  }

  async delete(call: Call, id: string): Promise<void> {
    const { driver, clock } = this.#context;
    const record = await driver.getKey(id);
    if (record === null) throw notFound("key");
    await driver.deleteKey(id, auditOf(call, clock.now(), "key.delete", record.storeId, id));
    this.#byHash.delete(record.hash);
    this.#byId.delete(id);
  }

  /** The key that a bearer's text, or a token made from one, belongs to. `hash` is the text's. */
  find(text: string, hash: string): KeyRecord | null | Promise<KeyRecord | null> {
    return this.#byHash.get(hash) ?? this.#load(text, hash);
  }

  async #load(text: string, hash: string): Promise<KeyRecord | null> {
    const token = TOKEN.exec(text);
    if (token) return this.#findByToken(token[1] ?? "", Number(token[2]), token[3] ?? "");
    const record = await this.#context.driver.findKey(hash);
    if (record) this.#byHash.set(hash, record);
    return record;
  }

  async #findByToken(id: string, expiresAt: number, mac: string): Promise<KeyRecord | null> {
    // Hashed once more, so that comparing tells nothing of the digits that were right.
    const { vault, clock, driver } = this.#context;
    if (vault.hash(mac) !== vault.hash(this.#tokenMac(id, expiresAt)) || clock.now() >= expiresAt)
      return null;
    const cached = this.#byId.get(id);
    if (cached) return cached;
    const record = await driver.getKey(id);
    if (record) this.#byId.set(id, record);
    return record;
  }

  #tokenMac(id: string, expiresAt: number): string {
    return this.#context.vault.hash(`token\n${id}\n${expiresAt}`);
  }

  /** contracts: "MiPOS", `/api/oauth/token/refresh`. The token is stateless: it holds its key's id and its end. */
  async refreshToken(
    contract: string,
    input: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string },
  ): Promise<{ readonly token: string; readonly expiresAt: number }> {
    const { vault, driver, clock } = this.#context;
    const record = await driver.findKeyByClient(input.clientId);
    const client = record?.contract === contract ? record.client : null;
    if (
      !record ||
      client?.secretHash !== vault.hash(input.clientSecret) ||
      client.refreshTokenHash !== vault.hash(input.refreshToken)
    ) {
      throw new Refusal(
        "unauthorized",
        "The client id, its secret and the refresh token do not belong together.",
      );
    }
    // Whole seconds, since the contract publishes the end in seconds.
    const expiresAt = Math.floor((clock.now() + TOKEN_LIFE_MS) / 1_000) * 1_000;
    return { token: `${record.id}.${expiresAt}.${this.#tokenMac(record.id, expiresAt)}`, expiresAt };
  }

  /** The secret of endpoints that are registered with the key itself; null where the contract asks for one each time. */
  webhookSecret(key: KeyRecord | null): string | null {
    return key?.client ? this.#context.vault.open(key.client.webhookSecret, key.id) : null;
  }
}

const hex = (random: Random, size: number): string => Buffer.from(random.bytes(size)).toString("hex");

const credentials = (contract: Contract, random: Random) => ({
  clientId: `client_${hex(random, 12)}`,
  clientSecret: hex(random, 24),
  refreshToken: hex(random, 24),
  webhookSecret: contract.signing.newSecret(random.bytes(32)),
});

function scopesOf(contract: Contract, asked: readonly Scope[] | undefined): readonly Scope[] {
  if (asked === undefined) return contract.scopes;
  const unknown = asked.filter((scope) => !contract.scopes.includes(scope));
  if (unknown.length > 0) {
    throw invalidField("scopes", `must be among ${contract.scopes.join(", ")}; not ${unknown.join(", ")}`);
  }
  return [...new Set(asked)];
}
