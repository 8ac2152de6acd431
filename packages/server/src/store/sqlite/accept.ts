import type { AcceptResult, NewEvent } from "../driver.ts";
import type { Db } from "./db.ts";
import { Intake, isStale, storeNumber, storesOf } from "./intake.ts";

/** All the calls of a group at once: rows of one table go in together. */
export function acceptEvents(db: Db, inputs: readonly NewEvent[]): AcceptResult[] {
  const stores = storesOf(db, inputs);
  const there = new Set(
    db
      .tuples<[string]>(
        "SELECT id FROM events WHERE id IN (SELECT value FROM json_each(?))",
        JSON.stringify(inputs.map(({ event }) => event.id)),
      )
      .map(([id]) => id),
  );
  const intake = new Intake(db);
  const results = inputs.map((input): AcceptResult => {
    if (there.has(input.event.id)) return { kind: "exists" };
    if (isStale(input, stores)) return { kind: "stale_endpoints" };
    there.add(input.event.id);
    return { kind: "accepted", placements: intake.add(input, storeNumber(input, stores)) };
  });
  intake.write();
  return results;
}
