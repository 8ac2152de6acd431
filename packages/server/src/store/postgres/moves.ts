/** What both tables have, in one order. */
const COMMON = `tenant, endpoint, created_at, num, store, event, delivered_at, body_from, body_length, failures,
  attempt_count, test, id, event_type, attempts`;

/** Columns of `gone` that go over as they are. */
const from = (columns: string): string =>
  columns
    .split(",")
    .map((column) => `gone.${column.trim()}`)
    .join(", ");

/**
 * Moves what `gone` (a DELETE … RETURNING *) took from history back to the queue: due at once, from the start of its
 * retry table, and free of quota: it was counted when it was new. `delivered_at` stays until it is delivered again.
 */
export const reopen = (gone: string, now: string): string => `WITH gone AS (${gone})
  INSERT INTO queue (${COMMON}, due_at, status, gate)
  SELECT ${from(COMMON).replace("gone.failures", "0")}, ${now}::bigint, 0, 1 FROM gone`;

/** Moves what `gone` took from the queue to history, as cancelled. */
export const cancel = (gone: string, now: string): string => `WITH gone AS (${gone})
  INSERT INTO deliveries (${COMMON}, settled_at, status, refused)
  SELECT ${from(COMMON)}, ${now}::bigint, 4, false FROM gone`;
