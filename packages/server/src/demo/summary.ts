import { type Client, listAll } from "./hub.ts";
import type { OutageReport } from "./outage.ts";
import type { Rush } from "./rush.ts";
import type { Screen } from "./screen.ts";
import { CONTRACTS, type ContractName, type DemoStore, type Receivers } from "./stores.ts";
import type { DeliveryRow, Watch } from "./watch.ts";

interface Count {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly dead: number;
  readonly attempts: number;
}

export interface SummaryInput {
  readonly operator: Client;
  readonly receivers: Receivers;
  readonly stores: readonly DemoStore[];
  readonly rush: Rush;
  readonly watch: Watch;
  readonly outage: OutageReport;
  readonly startedAt: number;
}

/** One screen: what was sent, who verified it, and whether it adds up. True when all of it does. */
export async function summarise(input: SummaryInput, screen: Screen): Promise<boolean> {
  const rows = await listAll<DeliveryRow>(input.operator, "/v1/deliveries");
  const seconds = ((Date.now() - input.startedAt) / 1000).toFixed(0);
  screen.heading(`Summary after ${seconds} s: ${input.stores.length} stores, ${await ordersLine(input)}`);
  const counts = new Map(CONTRACTS.map((name) => [name, count(rows.filter((row) => row.contract === name))]));
  const total = count(rows);
  printCounts(screen, input.receivers, counts, total);
  screen.line();
  for (const decision of input.rush.decisions) screen.line(`  ${decision}`);
  screen.line(`  ${input.outage.dead.size} dead letters, ${input.outage.replayed} replayed`);
  screen.line();
  const checks = check(input, rows, counts, total);
  for (const { holds, text } of checks) {
    screen.line(`  ${holds ? screen.paint("green", "ok   ") : screen.paint("red", "WRONG")}  ${text}`);
  }
  return checks.every(({ holds }) => holds);
}

async function ordersLine({ operator, rush }: SummaryInput): Promise<string> {
  const byStatus = new Map<string, number>();
  const ids = rush.placed.filter(({ id }) => id !== "").map(({ id }) => id);
  for (const id of ids) {
    const { status } = await operator.get<{ status: string }>(`/v1/orders/${id}`);
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }
  const parts = [...byStatus].map(([status, number]) => `${number} ${status}`);
  return `${ids.length} orders (${parts.join(", ")})`;
}

function count(rows: readonly DeliveryRow[]): Count {
  const having = (...statuses: readonly string[]) =>
    rows.filter(({ status }) => statuses.includes(status)).length;
  return {
    accepted: rows.length,
    delivered: having("delivered"),
    pending: having("pending", "retrying"),
    dead: having("dead_letter"),
    attempts: rows.reduce((sum, row) => sum + row.attempts.length, 0),
  };
}

function printCounts(
  screen: Screen,
  receivers: Receivers,
  counts: ReadonlyMap<ContractName, Count>,
  total: Count,
): void {
  const head = [
    "contract",
    "receiver",
    "accepted",
    "delivered",
    "pending",
    "dead",
    "attempts",
    "requests",
    "verified",
  ];
  const cells = ({ accepted, delivered, pending, dead, attempts }: Count) =>
    [accepted, delivered, pending, dead, attempts].map(String);
  const body = [...counts].map(([name, of]) => {
    const { behaviour, tally } = receivers[name];
    return [name, behaviour.label, ...cells(of), String(tally.requests), String(tally.verified)];
  });
  const tallies = CONTRACTS.map((name) => receivers[name].tally);
  const sum = (field: "requests" | "verified") =>
    String(tallies.reduce((all, tally) => all + tally[field], 0));
  screen.table([head, ...body, ["total", "", ...cells(total), sum("requests"), sum("verified")]], 2);
}

interface Check {
  readonly holds: boolean;
  readonly text: string;
}

function check(
  { receivers, rush, watch }: SummaryInput,
  rows: readonly DeliveryRow[],
  counts: ReadonlyMap<ContractName, Count>,
  total: Count,
): Check[] {
  const { accepted, delivered, pending, dead } = total;
  const unverified = CONTRACTS.filter((name) => {
    const { requests, verified } = receivers[name].tally;
    return requests === 0 || requests !== verified;
  });
  const complaints = unverified.flatMap((name) =>
    receivers[name].tally.complaints.map((why) => `${name}: ${why}`),
  );
  // Received but not yet known as delivered: an answer that was lost on its way, or is still on it.
  const mismatched = [...counts].filter(([name, of]) => {
    const taken = receivers[name].tally.taken.size;
    return taken < of.delivered || taken > of.delivered + of.pending + of.dead;
  });
  const announced = rows.filter(
    ({ eventType }) => eventType === "order.created" || eventType === "ORDER",
  ).length;
  const expected = rush.placed.reduce((sum, { store }) => sum + store.contracts.length, 0);
  return [
    {
      holds: accepted === delivered + pending + dead && accepted > 0,
      text: `accepted ${accepted} = delivered ${delivered} + pending ${pending} + dead ${dead}`,
    },
    {
      holds: unverified.length === 0,
      text:
        unverified.length === 0
          ? "every receiver verified every request"
          : `not every request was verified (${complaints.join("; ") || unverified.join(", ")})`,
    },
    {
      holds: mismatched.length === 0,
      text: "what the hub calls delivered, the receivers have, each event once",
    },
    {
      holds: announced === expected && watch.seen.size === accepted,
      text: `every order was announced to every endpoint of its store: ${announced} of ${expected}`,
    },
  ];
}
