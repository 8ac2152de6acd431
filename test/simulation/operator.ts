import { type CanonicalEventType, CONTRACTS, contractNamed } from "@ticketrail/contracts";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import { PLANS, type Store } from "../../packages/server/src/domain/store.ts";
import type { Call } from "../../packages/server/src/service/call.ts";
import type { Services } from "../../packages/server/src/service/services.ts";
import type { EndpointWithRecord } from "../../packages/server/src/store/driver.ts";
import type { Hub } from "./hub.ts";
import type { Process, Surroundings } from "./process.ts";
import type { Change } from "./scenario.ts";

const PUBLISHED: CanonicalEventType = "order.created";
const MOST_ENDPOINTS = 4;
/** In this time a claim that was under way at a pause may still be, when it is over. */
const BLINK_MS = 200;

/** Whoever runs the store: changes its endpoints and its plan while events flow, by way of the use cases. */
export class Operator {
  readonly #around: Surroundings;
  readonly #hub: Hub;
  readonly #store: Store;
  readonly #call: Call;
  readonly #receivers = new Map<string, number>();
  readonly #replays: string[] = [];

  constructor(around: Surroundings, hub: Hub, store: Store, call: Call) {
    this.#around = around;
    this.#hub = hub;
    this.#store = store;
    this.#call = call;
  }

  /** What cannot be done now is let be. */
  change(kind: Change): void {
    const process = this.#hub.serving();
    if (!process) return;
    this.#do(kind, process).catch((error: unknown) => this.#around.ledger.refused(error));
  }

  /** Lets most of what was paused, disabled or held up go on, and waits until that is settled. */
  async calm(): Promise<void> {
    const { dice } = this.#around;
    const process = this.#hub.serving();
    if (!process) throw new Error("There is no process.");
    for (const [id, endpoint] of this.#live()) {
      if (endpoint.state === "active" || dice.roll() < 0.2) continue;
      const found = await process.services.endpoints.get(this.#call, id);
      await process.services.endpoints.update(this.#call, found, { state: "active" }, false);
    }
    for (const id of this.#replays) {
      const { state } = await process.services.replays.get(this.#call, id);
      if (state !== "paused") continue;
      const next = dice.pick(["running", "cancelled"] as const);
      await process.services.replays.setState(this.#call, id, next);
    }
  }

  /** The plan is changed for one without a limit. */
  async unlimit(): Promise<void> {
    await this.#hub.serving()?.services.stores.update(this.#call, this.#store.id, { plan: "enterprise" });
  }

  async #do(kind: Change, process: Process): Promise<void> {
    const { dice, receivers } = this.#around;
    const { services, engine } = process;
    const { endpoints } = services;
    if (kind === "create") return this.create();
    if (kind === "forget") return engine.wake(this.#store.id, null);
    if (kind === "plan") {
      await services.stores.update(this.#call, this.#store.id, { plan: dice.pick(PLANS) });
      return;
    }
    const live = this.#live();
    if (live.length === 0) return;
    const [id, endpoint] = dice.pick(live);
    if (kind === "replay" || kind === "replayOne" || kind === "replayState") {
      return this.#replay(kind, services, id);
    }
    if (kind === "rotate") {
      await endpoints.rotate(this.#call, id, null);
      return;
    }
    const found = await endpoints.get(this.#call, id);
    if (kind === "blink") return this.#blink(process, found);
    if (kind === "delete") return endpoints.delete(this.#call, found);
    const edits = {
      pause: { state: "paused" },
      resume: { state: "active" },
      url: { url: receivers.url(this.#receivers.get(id) ?? 0) },
      events: { events: otherEvents(endpoint) },
    } as const;
    await endpoints.update(this.#call, found, edits[kind], false);
  }

  /** Paused, and resumed at once: what was in memory is on its way back while new events come, and claims for them. */
  async #blink({ services }: Process, found: EndpointWithRecord): Promise<void> {
    const { dice, world, ledger } = this.#around;
    const { endpoints } = services;
    const paused = await endpoints.update(this.#call, found, { state: "paused" }, false);
    world.at(world.now() + dice.upTo(BLINK_MS), () => {
      endpoints
        .update(this.#call, paused, { state: "active" }, false)
        .catch((error: unknown) => ledger.refused(error));
    });
  }

  async create(): Promise<void> {
    const { dice, receivers } = this.#around;
    const process = this.#hub.serving();
    if (!process || this.#live().length >= MOST_ENDPOINTS) return;
    const receiver = receivers.open();
    const url = receivers.url(receiver);
    const { endpoint } = await process.services.endpoints.create(this.#call, {
      storeId: this.#store.id,
      contract: dice.pick(CONTRACTS).name,
      url,
      events: ["*"],
      secret: null,
      uniqueUrl: false,
    });
    this.#receivers.set(endpoint.endpoint.id, receiver);
  }

  async #replay(
    kind: "replay" | "replayOne" | "replayState",
    { replays, deliveries }: Services,
    endpointId: string,
  ): Promise<void> {
    const { dice, scenario } = this.#around;
    const status = dice.pick(["dead_letter", "delivered"] as const);
    if (kind === "replay") {
      const input = { endpointId, since: scenario.start, until: null, status };
      const { id } = await replays.create(this.#call, input);
      this.#replays.push(id);
      return;
    }
    if (kind === "replayOne") {
      const { rows } = await deliveries.list(this.#call, { endpointId, status, limit: 1, cursor: null });
      for (const { delivery } of rows) await deliveries.replay(this.#call, delivery.id);
      return;
    }
    const id = this.#replays.at(-1);
    const state = dice.pick(["paused", "running", "cancelled"] as const);
    if (id !== undefined) await replays.setState(this.#call, id, state);
  }

  /** Not deleted, as the store has them. */
  #live(): [string, Endpoint][] {
    return [...this.#around.ledger.endpoints].flatMap(([id, versions]) => {
      const endpoint = versions.at(-1)?.endpoint;
      return endpoint && endpoint.state !== "deleted" ? [[id, endpoint] as [string, Endpoint]] : [];
    });
  }
}

/** Subscribed to what is published, or to something else. */
function otherEvents({ contract, canonical }: Endpoint): readonly string[] {
  if (!canonical.includes(PUBLISHED)) return ["*"];
  const other = contractNamed(contract)?.events.find(
    ({ canonical: types }) => types.length > 0 && !types.includes(PUBLISHED),
  );
  return other ? [other.name] : ["*"];
}
