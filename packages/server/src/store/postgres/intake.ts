import type { AcceptResult, Placement, SaveOrderInput, SaveOrderResult } from "../driver.ts";
import { type Added, Columns, type Intake } from "./columns.ts";
import type { Context } from "./context.ts";
import { type HeldBack, placementOf } from "./intake-rows.ts";
import { type Outcome, together } from "./line.ts";
import { findSame, getOrder } from "./orders.ts";

const PARAMETERS = 52;
const CALL = `SELECT orders, events, denied, behind FROM intake_4(${Array.from({ length: PARAMETERS }, (_, index) => `$${index + 1}`).join(", ")})`;

/** What the function says of one call. */
export interface Written {
  /** s saved, t stale endpoints, n neither; empty where there is no order. */
  readonly order: string;
  /** One letter an event: a accepted, t stale, n not written. */
  readonly events: string;
  readonly placements: readonly Placement[];
}

/** All the calls of a group at once. Of calls with one id, each further one waits for the end of the one before. */
export async function takeIn(context: Context, calls: readonly Intake[]): Promise<Outcome<Written>[]> {
  const outcomes: Outcome<Written>[] = new Array(calls.length);
  let left = calls.map((_, index) => index);
  while (left.length > 0) {
    const seen = new Set<string>();
    const [now, later]: [number[], number[]] = [[], []];
    for (const index of left) {
      const ids = idsOf(calls[index] as Intake);
      if (ids.some((id) => seen.has(id))) later.push(index);
      else now.push(index);
      for (const id of ids) seen.add(id);
    }
    const written = await together(
      now.map((index) => calls[index] as Intake),
      (inputs) => write(context, inputs),
    );
    now.forEach((index, position) => {
      outcomes[index] = flat(written[position] as Outcome<Outcome<Written>>);
    });
    left = later;
  }
  return outcomes;
}

const flat = (outcome: Outcome<Outcome<Written>>): Outcome<Written> =>
  "error" in outcome ? outcome : outcome.value;

const idsOf = ({ order, events }: Intake): string[] => [
  ...(order ? [order.order.id] : []),
  ...events.map(({ event }) => event.id),
];

async function write({ db, known, numbers }: Context, calls: readonly Intake[]): Promise<Outcome<Written>[]> {
  const [stores, endpoints] = [new Set<string>(), new Set<string>()];
  for (const { order, events } of calls) {
    if (order) stores.add(order.order.storeId);
    for (const { event, deliveries } of events) {
      stores.add(event.storeId);
      for (const { endpointId } of deliveries) endpoints.add(endpointId);
    }
  }
  await known.learn(stores, endpoints);
  const columns = new Columns(known, numbers);
  const added: (Added | Error)[] = [];
  for (const call of calls) {
    added.push(await columns.add(call).catch((error) => error as Error));
  }
  if (added.every((each) => each instanceof Error)) return added.map((error) => ({ error: error as Error }));
  const [answer] = await db.hot<Answer>(CALL, columns.values());
  if (!answer) throw new Error("The intake has not answered.");
  const held: HeldBack = { denied: new Set(answer.denied), behind: new Set(answer.behind) };
  return added.map((each, index) =>
    each instanceof Error
      ? { error: each }
      : { value: writtenOf(answer, each, calls[index]?.events.length ?? 0, held) },
  );
}

interface Answer {
  readonly orders: string;
  readonly events: string;
  readonly denied: readonly number[];
  readonly behind: readonly number[];
}

const writtenOf = (
  { orders, events }: Answer,
  { order, firstEvent, deliveries }: Added,
  count: number,
  held: HeldBack,
): Written => ({
  order: order === null ? "" : (orders[order] ?? ""),
  events: events.slice(firstEvent, firstEvent + count),
  placements: deliveries.map((row) => placementOf(row, held)),
});

export function acceptResult({ events, placements }: Written): AcceptResult {
  if (events === "a") return { kind: "accepted", placements };
  return events === "t" ? { kind: "stale_endpoints" } : { kind: "exists" };
}

export async function saveResult(
  context: Context,
  { order, expectedVersion }: SaveOrderInput,
  written: Written,
): Promise<SaveOrderResult> {
  if (written.order === "s") return { kind: "saved", placements: written.placements };
  if (written.order === "t") return { kind: "stale_endpoints" };
  const there = await (expectedVersion === null ? findSame(context, order) : getOrder(context, order.id));
  if (!there) throw new Error(`There is no order ${order.id}.`);
  return { kind: expectedVersion === null ? "exists" : "conflict", order: there };
}
