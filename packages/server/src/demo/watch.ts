import { setTimeout as pause } from "node:timers/promises";
import { type Client, listAll } from "./hub.ts";
import { type Colour, clock, type Screen } from "./screen.ts";
import type { DemoStore } from "./stores.ts";

export interface AttemptRow {
  readonly number: number;
  readonly at: string;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

export interface DeliveryRow {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: string;
  readonly storeId: string;
  readonly contract: string;
  readonly status: "pending" | "retrying" | "delivered" | "dead_letter" | "cancelled";
  readonly cause: string;
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
  readonly attempts: readonly AttemptRow[];
}

const POLL_MS = 200;
/** A delivery may become visible after one that was made later. */
const OVERLAP_MS = 3_000;
const isOpen = (row: DeliveryRow): boolean => row.status === "pending" || row.status === "retrying";

/** Reads the hub's deliveries over its API, prints each attempt once, and says when something has come true. */
export class Watch {
  readonly seen = new Map<string, DeliveryRow>();
  /** All that the hub had accepted by then, epoch ms, has been seen. */
  asOf = 0;
  readonly #printed = new Map<string, number>();
  readonly #wakers = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #names: ReadonlyMap<string, string>;
  readonly #notes: { readonly at: number; readonly text: string }[] = [];
  #since = Date.now() - OVERLAP_MS;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: Client,
    private readonly screen: Screen,
    stores: readonly DemoStore[],
  ) {
    this.#names = new Map(stores.map(({ id, name }) => [id, name]));
  }

  start(): void {
    this.#running = this.#run();
    // Whoever waits hears of it in `until`; `stop` hands it on.
    this.#running.catch(() => {
      for (const wake of this.#wakers) wake();
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running.finally(() => this.#print([]));
  }

  /** What the demo does itself; printed with the next look at the hub, among what happened before and after it. */
  note(text: string): void {
    this.#notes.push({ at: Date.now(), text });
  }

  rows(status: DeliveryRow["status"]): DeliveryRow[] {
    return [...this.seen.values()].filter((row) => row.status === status);
  }

  /** To be called for deliveries that were settled and have been opened again. */
  reopen(rows: readonly DeliveryRow[]): void {
    for (const row of rows) this.seen.set(row.id, { ...row, status: "pending" });
  }

  /** True once the condition holds after a look at the hub; false when that took too long or the demo was ended. */
  until(condition: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const finish = (held: boolean) => {
        clearTimeout(timer);
        this.#wakers.delete(look);
        signal.removeEventListener("abort", giveUp);
        if (this.#failure === null) resolve(held);
        else reject(this.#failure);
      };
      const look = () => {
        if (condition() || this.#failure !== null) finish(true);
      };
      const giveUp = () => finish(false);
      const timer = setTimeout(giveUp, withinMs);
      this.#wakers.add(look);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #failure: Error | null = null;

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        await this.#look();
        for (const wake of [...this.#wakers]) wake();
        await pause(POLL_MS, null, { signal: this.#stop.signal }).catch(() => null);
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw this.#failure;
    }
  }

  async #look(): Promise<void> {
    const from = new Date(this.#since).toISOString();
    const startedAt = Date.now();
    this.#since = startedAt - OVERLAP_MS;
    const open = [...this.seen.values()].filter(isOpen).map(({ id }) => id);
    const fresh = await listAll<DeliveryRow>(this.client, `/v1/deliveries?since=${encodeURIComponent(from)}`);
    const listed = new Set(fresh.map(({ id }) => id));
    const older = open.filter((id) => !listed.has(id));
    const again = await Promise.all(older.map((id) => this.client.get<DeliveryRow>(`/v1/deliveries/${id}`)));
    const rows = [...fresh, ...again];
    for (const row of rows) this.seen.set(row.id, row);
    this.asOf = startedAt;
    this.#print(rows);
  }

  #print(rows: readonly DeliveryRow[]): void {
    const news = rows.flatMap((row) => {
      const printed = this.#printed.get(row.id) ?? 0;
      const last = row.attempts.at(-1)?.number ?? 0;
      this.#printed.set(row.id, Math.max(printed, last));
      return row.attempts
        .filter(({ number }) => number > printed)
        .map((attempt) => ({ row, attempt, last: attempt.number === last }));
    });
    const lines = [
      ...news.map(({ row, attempt, last }) => {
        return { at: Date.parse(attempt.at), text: this.#attemptLine(row, attempt, last) };
      }),
      ...this.#notes.splice(0).map(({ at, text }) => ({ at, text: this.screen.paint("bold", `── ${text}`) })),
    ];
    lines.sort((a, b) => a.at - b.at);
    for (const { at, text } of lines) this.screen.line(`${clock(at)}  ${text}`);
  }

  #attemptLine(row: DeliveryRow, attempt: AttemptRow, last: boolean): string {
    const dead = last && row.status === "dead_letter";
    const colour: Colour = attempt.error === null ? "green" : dead ? "red" : "yellow";
    const store = (this.#names.get(row.storeId) ?? row.storeId).padEnd(13);
    const what = `${row.contract.padEnd(8)}  ${row.eventType.padEnd(20)}  #${attempt.number}`;
    return `${store}  ${what}  ${this.screen.paint(colour, outcomeOf(attempt, dead))}`;
  }
}

function outcomeOf(attempt: AttemptRow, dead: boolean): string {
  const took = `${Math.round(attempt.durationMs)} ms`;
  if (attempt.error === null) return `${attempt.statusCode ?? "2xx"} delivered, ${took}`;
  const why = attempt.statusCode === null ? attempt.error : `${attempt.statusCode} ${attempt.error}`;
  return dead ? `${why} → dead letter` : `${why} → will retry`;
}
