export class StorageFull extends Error {
  override readonly name = "StorageFull";
}
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
}

/** A cursor that no list has given out. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";
}

/** Opaque cursors; newest first, by time and then by the order they were made in, unless told otherwise. `since` and `until` in a filter are both inclusive. */
export interface ListInput {
  readonly limit: number;
  readonly cursor: string | null;
}
export interface List<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** Who did it, for the audit trail; written in the same transaction as what was done. */
export interface Audit {
  readonly id: string;
  readonly at: number;
  /** `operator`, a key's id, or `system`. */
  readonly actor: string;
  /** `endpoint.create`, `order.transition`, … */
  readonly action: string;
  readonly storeId: string | null;
  readonly targetId: string;
}
