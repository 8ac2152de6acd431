import type { NewId, Random } from "../domain/id.ts";
import type { KeyRecord } from "../domain/store.ts";
import type { Audit } from "../store/driver.ts";

/** Who asks, and what a request's ids are made from. */
export interface Call {
  /** `operator` or the key's id: what the audit trail says. */
  readonly actor: string;
  /** The one store that the caller may see; null: every store. */
  readonly storeId: string | null;
  readonly key: KeyRecord | null;
  /** Under an Idempotency-Key the same request draws the same bytes again, so that doing it twice doubles nothing. */
  readonly random: Random;
  readonly newId: NewId;
}

/** Whether the caller may know of something that belongs to the store. */
export const sees = (call: Call, storeId: string): boolean =>
  call.storeId === null || call.storeId === storeId;

/** The audit row of a change. */
export const auditOf = (
  call: Call,
  at: number,
  action: string,
  storeId: string | null,
  targetId: string,
): Audit => ({ id: call.newId("aud_"), at, actor: call.actor, action, storeId, targetId });
