import type { AttemptRecord } from "../driver.ts";
import { bucketOf } from "../histogram.ts";
import type { Context } from "./context.ts";
import { arrayOf } from "./values.ts";

export const STATUS = { pending: 0, retrying: 1, delivered: 2, dead_letter: 3, cancelled: 4 } as const;

const RECORD = "SELECT applied FROM record_1($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/** All the calls of a group at once; says for each record whether it was applied. The first of two counts. */
export async function recordAttempts(
  { db }: Context,
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
  const [answer] = await db.hot<{ applied: readonly number[] }>(RECORD, columnsOf(records));
  const applied = new Set(answer?.applied);
  return positions.map((call) => call.map((position) => applied.has(position)));
}

const columnsOf = (records: readonly AttemptRecord[]): Buffer[] => [
  arrayOf(
    "text",
    records.map(({ deliveryId }) => deliveryId),
  ),
  arrayOf(
    "text",
    records.map(({ token }) => token),
  ),
  arrayOf(
    "int2",
    records.map(({ settlement }) => STATUS[settlement.status]),
  ),
  arrayOf(
    "int8",
    records.map(({ settlement }) => (settlement.status === "retrying" ? settlement.nextAttemptAt : null)),
  ),
  arrayOf(
    "bool",
    records.map(({ settlement }) => settlement.status === "dead_letter" && settlement.refused),
  ),
  arrayOf(
    "int8",
    records.map(({ attempt }) => attempt.at),
  ),
  arrayOf(
    "text",
    records.map(({ attempt }) => stored(attempt)),
  ),
  arrayOf(
    "int4",
    records.map(({ attempt }) => bucketOf(attempt.durationMs)),
  ),
  arrayOf(
    "float8",
    records.map(({ attempt }) => attempt.durationMs),
  ),
];

const stored = ({ number, at, statusCode, error, durationMs }: AttemptRecord["attempt"]): string =>
  JSON.stringify([number, at, statusCode, error, durationMs]);
