import { join } from "node:path";

/** A database that a hub under test keeps its data in. */
export interface StoreUnderTest {
  /** What the hub needs in its environment to use it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StoreKind {
  /** Its data is in the hub's own folder, so that filling that is filling its disk. */
  readonly embedded: boolean;
  start(folder: string): Promise<StoreUnderTest>;
}

export const STORES: Readonly<Record<string, StoreKind>> = {
  sqlite: {
    embedded: true,
    start: async (folder) => ({
      env: { DATABASE_URL: `file:${join(folder, "hub.db")}` },
      stop: async () => undefined,
    }),
  },
};

export function storeNamed(name: string): StoreKind {
  const kind = STORES[name];
  if (!kind) throw new Error(`There is no store ${name}.`);
  return kind;
}
