import type { LeaseGrant } from "../driver.ts";
import type { Db } from "./db.ts";
import { GATE_OF_UNSENT } from "./gate.ts";
import { freeIdempotencyKeys } from "./idempotency.ts";

export function releaseDeliveries(
  db: Db,
  input: { readonly token: string | null; readonly deliveryIds: readonly string[] },
): number {
  return db.run(
    `UPDATE deliveries SET gate = ${GATE_OF_UNSENT}, lease_token = NULL, lease_until = NULL
     WHERE num IN (SELECT d.num FROM json_each(?1) j CROSS JOIN deliveries d ON d.id = j.value
       WHERE d.lease_token = ?2)`,
    JSON.stringify(input.deliveryIds),
    input.token,
  );
}

export const extendLease = (db: Db, { token, until }: LeaseGrant): number =>
  db.run(
    "UPDATE deliveries SET lease_until = ? WHERE lease_token IS NOT NULL AND lease_token = ?",
    until,
    token,
  );

export function recoverLeases(
  db: Db,
  { now, everything }: { readonly now: number; readonly everything: boolean },
): number {
  if (everything) freeIdempotencyKeys(db, now);
  return db.run(
    `UPDATE deliveries SET gate = ${GATE_OF_UNSENT}, lease_token = NULL, lease_until = NULL
     WHERE num IN (SELECT num FROM deliveries INDEXED BY deliveries_leased
       WHERE lease_token IS NOT NULL AND (?1 = 1 OR lease_until < ?2))`,
    everything ? 1 : 0,
    now,
  );
}
