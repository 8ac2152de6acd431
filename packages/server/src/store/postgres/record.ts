import type { AttemptRecord } from "../driver.ts";
import { bucketOf } from "../histogram.ts";
import type { Context } from "./context.ts";
import { columnsOver } from "./values.ts";

export const STATUS = { pending: 0, retrying: 1, delivered: 2, dead_letter: 3, cancelled: 4 } as const;

const RECORD = "SELECT applied FROM record_3($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/** All the calls of a group at once; says for each record whether it was applied. The first of two counts. */
export async function recordAttempts(
  { db, tallies }: Context,
  calls: readonly (readonly AttemptRecord[])[],
): Promise<boolean[][]> {
  const seen = new Set<string>();
  const records: AttemptRecord[] = [];
  /** Of each record: its position in what is written; -1 where the same one came before it. */
  const positions = calls.map((call) =>
    call.map((record) => {
      const name = `${record.deliveryId} ${record.token}`;
      if (seen.has(name)) return -1;
      seen.add(name);
      return records.push(record);
    }),
  );
  if (records.length === 0) return calls.map(() => []);
  const [answer] = await db.hot<{ applied: readonly number[] }>(
    RECORD,
    COLUMNS.map((column) => column(records)),
  );
  const applied = new Set(answer?.applied);
  if (applied.size > 0) tallies.noted();
  return positions.map((call) => call.map((position) => applied.has(position)));
}

const record = columnsOver<AttemptRecord>();
const COLUMNS = [
  record("text", ({ deliveryId }) => deliveryId),
  record("text", ({ token }) => token),
  record("int2", ({ settlement }) => STATUS[settlement.status]),
  record("int8", ({ settlement }) => (settlement.status === "retrying" ? settlement.nextAttemptAt : null)),
  record("bool", ({ settlement }) => settlement.status === "dead_letter" && settlement.refused),
  record("int8", ({ attempt }) => attempt.at),
  record("text", ({ attempt }) => stored(attempt)),
  record("int4", ({ attempt }) => bucketOf(attempt.durationMs)),
  record("float8", ({ attempt }) => attempt.durationMs),
];

const stored = ({ number, at, statusCode, error, durationMs }: AttemptRecord["attempt"]): string =>
  JSON.stringify([number, at, statusCode, error, durationMs]);
