import type { AttemptRow } from "../driver.ts";
import type { Db } from "./db.ts";
import { detailsOf } from "./delivery-rows.ts";

const WALK_ROWS = 500;

/** Newest delivery first; ?2 and ?3 are the key to stay below. */
const TRIED = `SELECT created_at, num, json_array_length(attempts) FROM deliveries INDEXED BY deliveries_by_endpoint
  WHERE endpoint = ?1 AND (created_at, num) < (?2, ?3) AND attempts <> '[]'
  ORDER BY created_at DESC, num DESC LIMIT ${WALK_ROWS}`;

export function listAttempts(
  db: Db,
  { endpointId, page, limit }: { readonly endpointId: string; readonly page: number; readonly limit: number },
  now: number,
): { rows: AttemptRow[]; total: number } {
  const endpoint = db.row<{ num: number; total: number }>(
    `SELECT e.num, r.attempts AS total FROM endpoints e CROSS JOIN endpoint_records r ON r.endpoint = e.num
     WHERE e.id = ?`,
    endpointId,
  );
  if (!endpoint) return { rows: [], total: 0 };
  const { numbers, skip } = deliveriesOfPage(db, endpoint.num, (page - 1) * limit, limit);
  const rows = detailsOf(db, numbers, now).flatMap((delivery) =>
    delivery.attempts.toReversed().map((attempt) => ({ delivery, attempt })),
  );
  return { rows: rows.slice(skip, skip + limit), total: endpoint.total };
}

/** The deliveries whose attempts make up the page, and how many of their attempts come before it. */
function deliveriesOfPage(
  db: Db,
  endpoint: number,
  offset: number,
  limit: number,
): { numbers: number[]; skip: number } {
  const numbers: number[] = [];
  let passed = 0;
  let skip = 0;
  let below: [number, number] = [Number.MAX_SAFE_INTEGER, 0];
  for (;;) {
    const rows = db.tuples<[number, number, number]>(TRIED, endpoint, ...below);
    for (const [createdAt, num, count] of rows) {
      if (passed >= offset + limit) return { numbers, skip };
      if (passed + count > offset) {
        if (numbers.length === 0) skip = offset - passed;
        numbers.push(num);
      }
      passed += count;
      below = [createdAt, num];
    }
    if (rows.length < WALK_ROWS) return { numbers, skip };
  }
}
