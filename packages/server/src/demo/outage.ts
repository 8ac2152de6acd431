import type { Client } from "./hub.ts";
import type { Receiver } from "./receivers/receiver.ts";
import type { DeliveryRow, Watch } from "./watch.ts";

const TAKEN_BEFORE = 3;
const DEAD_BEFORE_BACK = 6;
const PATIENCE_MS = 30_000;
const POLL_MS = 200;

export interface OutageReport {
  /** Dead letters, by id. */
  readonly dead: ReadonlySet<string>;
  readonly replayed: number;
}

interface ReplayJob {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly replayed: number;
}

/** MiPOS' receiver goes down in the rush and comes back; what died meanwhile is replayed until it is green. */
export class Outage {
  readonly #dead = new Set<string>();
  #replayed = 0;

  constructor(
    private readonly operator: Client,
    private readonly receiver: Receiver,
    private readonly watch: Watch,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<OutageReport> {
    const since = new Date().toISOString();
    await this.#wait(() => this.receiver.tally.taken.size >= TAKEN_BEFORE, "MiPOS to take its first orders");
    this.receiver.setDown(true);
    this.watch.note("MiPOS' receiver goes down");
    await this.#wait(() => this.#deadRows().length >= DEAD_BEFORE_BACK, "dead letters");
    this.receiver.setDown(false);
    this.watch.note("MiPOS' receiver is back");
    await this.#replayOne();
    await this.#wait(() => !this.#open(), "MiPOS' queue to empty");
    for (const endpointId of new Set(this.#deadRows().map((row) => row.endpointId))) {
      await this.#replayAll(endpointId, since);
    }
    return { dead: this.#dead, replayed: this.#replayed };
  }

  async #replayOne(): Promise<void> {
    const [first] = this.#deadRows();
    if (first === undefined) return;
    this.watch.note(`POST /v1/deliveries/${first.id}/replay`);
    await this.operator.post(`/v1/deliveries/${first.id}/replay`);
    this.watch.reopen([first]);
    this.#replayed++;
    await this.#wait(() => this.watch.seen.get(first.id)?.status === "delivered", "the replay to arrive");
    this.watch.note("the dead letter has arrived");
  }

  /** Counted first, then replayed, with progress. */
  async #replayAll(endpointId: string, since: string): Promise<void> {
    const dead = this.#deadRows().filter((row) => row.endpointId === endpointId);
    const range = { endpointId, since, status: "dead_letter" };
    let job = await this.operator.post<ReplayJob>("/v1/replays", range);
    this.watch.note(`POST /v1/replays for ${endpointId}: ${job.total} dead letters since the outage`);
    this.watch.reopen(dead);
    while (job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      this.signal.throwIfAborted();
      job = await this.operator.get<ReplayJob>(`/v1/replays/${job.id}`);
    }
    this.#replayed += job.replayed;
    await this.#wait(() => !this.#open(), "the replays to arrive");
    this.watch.note(`${job.replayed} of ${job.total} replayed`);
  }

  #deadRows(): DeliveryRow[] {
    const rows = this.watch.rows("dead_letter").filter((row) => row.contract === this.receiver.contract);
    for (const { id } of rows) this.#dead.add(id);
    return rows;
  }

  #open(): boolean {
    const open = [...this.watch.rows("pending"), ...this.watch.rows("retrying")];
    return open.some((row) => row.contract === this.receiver.contract);
  }

  async #wait(condition: () => boolean, what: string): Promise<void> {
    const held = await this.watch.until(condition, PATIENCE_MS, this.signal);
    this.signal.throwIfAborted();
    if (!held) throw new Error(`the demo waited ${PATIENCE_MS / 1000} s for ${what}, in vain`);
  }
}
