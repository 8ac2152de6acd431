import type { DeliveryStatus } from "../domain/delivery.ts";
import { invalidField, notFound, Refusal } from "../domain/error.ts";
import type { List, ReplayFilter, ReplayJob } from "../store/driver.ts";
import { auditOf, type Call, sees } from "./call.ts";
import type { ServiceContext } from "./context.ts";
import type { Endpoints } from "./endpoints.ts";

/** `retrying`: what waits for a retry is tried at once. */
export const REPLAYABLE = [
  "dead_letter",
  "retrying",
  "delivered",
] as const satisfies readonly DeliveryStatus[];

/** The body of `POST /v1/replays`; times are epoch milliseconds of the deliveries' making. */
export interface ReplayInput {
  readonly endpointId: string;
  readonly since: number;
  readonly until: number | null;
  readonly status: (typeof REPLAYABLE)[number];
}

/** Many deliveries at once, as a durable job that the engine works off. */
export class Replays {
  readonly #context: ServiceContext;
  readonly #endpoints: Endpoints;

  constructor(context: ServiceContext, endpoints: Endpoints) {
    this.#context = context;
    this.#endpoints = endpoints;
  }

  /** How many deliveries a replay would open again. */
  async count(call: Call, input: ReplayInput): Promise<number> {
    const { endpoint } = await this.#endpoints.get(call, input.endpointId);
    const { since, until } = this.#span(input);
    const counts = await this.#context.driver.countDeliveries({
      endpointId: endpoint.id,
      since,
      until,
      status: input.status,
    });
    return counts[input.status];
  }

  async create(call: Call, input: ReplayInput): Promise<ReplayJob> {
    const { driver, engine, clock } = this.#context;
    const { endpoint } = await this.#endpoints.get(call, input.endpointId);
    const now = clock.now();
    const id = call.newId("rpl_");
    const job = await driver.createReplay(
      {
        id,
        storeId: endpoint.storeId,
        endpointId: endpoint.id,
        ...this.#span(input),
        status: input.status,
        state: "running",
        replayed: 0,
        position: null,
        createdAt: now,
        updatedAt: now,
      },
      auditOf(call, now, "replay.create", endpoint.storeId, id),
    );
    engine.wake(job.storeId, job.endpointId);
    return job;
  }

  list(call: Call, filter: ReplayFilter): Promise<List<ReplayJob>> {
    if (filter.storeId !== undefined && !sees(call, filter.storeId)) throw notFound("store");
    return this.#context.driver.listReplays({
      ...filter,
      ...(call.storeId === null ? {} : { storeId: call.storeId }),
    });
  }

  async get(call: Call, id: string): Promise<ReplayJob> {
    const job = await this.#context.driver.getReplay(id);
    if (!job || !sees(call, job.storeId)) throw notFound("replay");
    return job;
  }

  /** Asking for the state that it is in is a no-op; a job that has ended is refused. */
  async setState(call: Call, id: string, state: "running" | "paused" | "cancelled"): Promise<ReplayJob> {
    const { driver, engine, clock } = this.#context;
    const found = await this.get(call, id);
    const now = clock.now();
    const audit = auditOf(call, now, `replay.${ACTION[state]}`, found.storeId, id);
    const job = await driver.setReplayState(id, state, now, audit);
    if (!job) throw notFound("replay");
    if (job.state !== state) {
      throw new Refusal("conflict", `The replay is ${job.state} and cannot be ${state} any more.`);
    }
    engine.wake(job.storeId, job.endpointId);
    return job;
  }

  #span(input: ReplayInput): { readonly since: number; readonly until: number } {
    const until = input.until ?? this.#context.clock.now();
    if (until < input.since) throw invalidField("since", "must not be later than until, or than now");
    return { since: input.since, until };
  }
}

const ACTION = { running: "resume", paused: "pause", cancelled: "cancel" } as const;
