import type { KeyRecord, Plan, Store } from "../../domain/store.ts";
import type { Audit, List, ListInput } from "./base.ts";

export interface KeyFilter extends ListInput {
  readonly storeId?: string;
  readonly contract?: string;
}

export interface Tenancy {
  /** The same id again changes nothing and returns what is there. */
  createStore(store: Store, audit: Audit): Promise<Store>;
  getStore(id: string): Promise<Store | null>;
  listStores(input: ListInput): Promise<List<Store>>;
  updateStore(
    id: string,
    changes: { readonly plan?: Plan; readonly name?: string; readonly acceptWithinMinutes?: number },
    audit: Audit,
  ): Promise<Store | null>;
  /** The same id again changes nothing. */
  createKey(key: KeyRecord, audit: Audit): Promise<void>;
  findKey(hash: string): Promise<KeyRecord | null>;
  findKeyByClient(clientId: string): Promise<KeyRecord | null>;
  getKey(id: string): Promise<KeyRecord | null>;
  /** Newest first, which is the order of their ids. */
  listKeys(filter: KeyFilter): Promise<List<KeyRecord>>;
  deleteKey(id: string, audit: Audit): Promise<boolean>;
  listAudit(input: ListInput & { readonly storeId?: string }): Promise<List<Audit>>;
}
