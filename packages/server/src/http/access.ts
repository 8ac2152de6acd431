import { timingSafeEqual } from "node:crypto";
import type { Scope } from "@ticketrail/contracts";
import { Refusal } from "../domain/error.ts";
import type { KeyRecord } from "../domain/store.ts";
import type { Vault } from "../engine/vault.ts";
import type { Keys } from "../service/keys.ts";
import type { Api } from "./errors.ts";
import type { WrongKeys } from "./wrong-keys.ts";

/** What a call asks of its key: one scope, any key at all, the operator's, or none. */
export type Needs = Scope | "key" | "operator" | null;

/** Who asks. */
export interface Access {
  readonly actor: string;
  /** Null: the operator, or nobody in particular. */
  readonly storeId: string | null;
  readonly key: KeyRecord | null;
}

export const OPERATOR: Access = { actor: "operator", storeId: null, key: null };
const NOBODY: Access = { actor: "anonymous", storeId: null, key: null };

const MAX_KEY_CHARS = 256;
/** Keys whose hash is kept in memory, so that one in use is hashed once and not with every request. */
const MOST_KNOWN = 1_000;
const BEARER = /^bearer +([\x21-\x7e]+) *$/i;

export interface AccessParts {
  readonly vault: Vault;
  readonly keys: Keys;
  /** The operator's key as `vault.hash` has it. */
  readonly adminKeyHash: string;
  readonly wrongKeys: WrongKeys;
}

/** quality: "Secrets", "Tenants". Which store a key may see is held by the use cases. */
export class AccessControl {
  readonly #parts: AccessParts;
  readonly #adminHash: Buffer;
  /** By key: only such as were found good. */
  readonly #hashes = new Map<string, string>();

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.#adminHash = Buffer.from(parts.adminKeyHash);
  }

  /** Throws `unauthorized`, `forbidden`, or `rate_limited` after too many wrong keys. */
  check(api: Api, needs: Needs, header: string | undefined, address: string): Access | Promise<Access> {
    if (needs === null) return NOBODY;
    if (header === undefined || header === "") {
      throw unauthorized("The call needs a key: send Authorization: Bearer KEY.");
    }
    const text = BEARER.exec(header)?.[1] ?? "";
    if (text === "" || text.length > MAX_KEY_CHARS) return this.#wrong(address);
    const hash = this.#hashes.get(text) ?? this.#parts.vault.hash(text);
    if (api.native && this.#isAdmin(hash)) {
      this.#know(text, hash);
      return OPERATOR;
    }
    const judge = (key: KeyRecord | null) => {
      if (key !== null) this.#know(text, hash);
      return this.#judge(api, needs, key, address);
    };
    const found = this.#parts.keys.find(text, hash);
    return found instanceof Promise ? found.then(judge) : judge(found);
  }

  #know(text: string, hash: string): void {
    if (this.#hashes.has(text)) return;
    if (this.#hashes.size >= MOST_KNOWN) this.#hashes.clear();
    this.#hashes.set(text, hash);
  }

  #judge(api: Api, needs: Needs, key: KeyRecord | null, address: string): Access {
    if (key === null || key.contract !== api.contract.name) return this.#wrong(address);
    if (needs === "operator") {
      throw new Refusal("forbidden", "Only the operator's key may do this.");
    }
    if (needs !== "key" && needs !== null && !key.scopes.includes(needs)) {
      throw new Refusal("forbidden", `The key lacks the scope ${needs}. Make a key that has it.`);
    }
    return { actor: key.id, storeId: key.storeId, key };
  }

  #wrong(address: string): never {
    this.#parts.wrongKeys.count(address);
    throw unauthorized("The key is not known here. Check it, and that it belongs to this API.");
  }

  #isAdmin(hash: string): boolean {
    const given = Buffer.from(hash);
    return given.length === this.#adminHash.length && timingSafeEqual(given, this.#adminHash);
  }
}

const unauthorized = (message: string): Refusal =>
  new Refusal("unauthorized", message, { headers: { "www-authenticate": "Bearer" } });
