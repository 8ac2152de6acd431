import { join } from "node:path";
import { type DatabaseServer, startDatabase } from "./postgres.ts";

/** A database that a hub under test keeps its data in. */
export interface StoreUnderTest {
  /** What the hub needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Null where there is none: its data is in the hub's own folder, so that filling that is filling its disk. */
  readonly server: DatabaseServer | null;
  stop(): Promise<void>;
}

export interface StoreKind {
  readonly embedded: boolean;
  start(folder: string): Promise<StoreUnderTest>;
}

export const STORES: Readonly<Record<string, StoreKind>> = {
  sqlite: {
    embedded: true,
    start: async (folder) => ({
      env: { DATABASE_URL: `file:${join(folder, "hub.db")}` },
      server: null,
      stop: async () => undefined,
    }),
  },
  postgres: { embedded: false, start: startDatabase },
};

export function storeNamed(name: string): StoreKind {
  const kind = STORES[name];
  if (!kind) throw new Error(`There is no store ${name}.`);
  return kind;
}
