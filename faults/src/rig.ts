import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BehaviourName } from "./behaviours.ts";
import { Hub, type Json, newKeys } from "./hub.ts";
import { type Ledger, pairOf, settle, storeOf } from "./ledger.ts";
import { Client } from "./load.ts";
import { type ContractName, NEW_ORDER } from "./orders.ts";
import type { DatabaseServer } from "./postgres.ts";
import { type Child, startChild } from "./processes.ts";
import type { ReceiverCalls } from "./receivers.ts";
import { storeNamed } from "./stores.ts";
import { withUndo } from "./undo.ts";

/** Requests at once to one endpoint, and over all: what a crash may leave in doubt. */
const LANE_IN_FLIGHT = 64;
const HUB_IN_FLIGHT = 1_024;
/** What was on its way to the receivers has come there, and nothing has followed it, also where they are starved. */
const ARRIVED_MS = 500;
const SETTLE_MS = 60_000;
const POLL_MS = 25;

interface BesideInput {
  readonly env: Readonly<Record<string, string>>;
  readonly linked?: boolean;
}

export interface RigInput {
  readonly seed: number;
  readonly store: string;
  /** By the tags of their stores, of one letter or more. */
  readonly endpoints: readonly {
    readonly tag: string;
    readonly name: string;
    readonly contract: ContractName;
    readonly behaviour: BehaviourName;
    /** Where it is not the receivers' own. */
    readonly url?: (port: number) => string;
  }[];
  readonly retryScale: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  /** Further processes on the same store, by what is different in their environment. */
  readonly beside?: readonly BesideInput[];
  /** Its connections to the store's server go through a link that can fail. */
  readonly linked?: boolean;
  /** The folder that its data will be in, before anything is in it; what it returns is called when all has ended. */
  readonly prepare?: (folder: string) => Promise<() => Promise<void>>;
}

/** A hub with a fresh store, receivers in a process of their own and a client's books; all gone afterwards. */
export function withRig<Result>(input: RigInput, use: (rig: Rig) => Promise<Result>): Promise<Result> {
  return withUndo(async (undo) => {
    const folder = await mkdtemp(join(tmpdir(), "ticketrail-faults-"));
    undo(() => rm(folder, { recursive: true, force: true }));
    if (input.prepare) undo(await input.prepare(folder));
    const store = await storeNamed(input.store).start(folder);
    undo(() => store.stop());
    const receivers = startChild<ReceiverCalls>("./receivers.js");
    undo(() => receivers.stop());
    const keys = newKeys();
    const hubNamed = (name: string, { env, linked = false }: BesideInput): Hub => {
      const address = linked ? store.server?.linkedEnv : store.env;
      const scale = { TICKETRAIL_RETRY_SCALE: String(input.retryScale) };
      const all = { ...address, ...scale, ...env };
      const hub = new Hub({ name, folder, keys, env: all, nodeArgs: input.nodeArgs ?? [] });
      undo(() => hub.stop("SIGKILL"));
      return hub;
    };
    const hub = hubNamed("hub", { env: {}, ...input });
    const beside = (input.beside ?? []).map((each, index) => hubNamed(`beside-${index + 1}`, each));
    const rig = new Rig(folder, hub, beside, receivers, store.server);
    await rig.furnish(input);
    return use(rig);
  });
}

export class Rig {
  readonly folder: string;
  readonly hub: Hub;
  /** Further processes. */
  readonly beside: readonly Hub[];
  readonly receivers: Child<ReceiverCalls>;
  readonly #server: DatabaseServer | null;
  /** Ids by name. */
  readonly endpointIds = new Map<string, string>();
  readonly readyMs: number[] = [];
  readonly kills: number[] = [];
  client!: Client;

  constructor(
    folder: string,
    hub: Hub,
    beside: readonly Hub[],
    receivers: Child<ReceiverCalls>,
    server: DatabaseServer | null,
  ) {
    this.folder = folder;
    this.hub = hub;
    this.beside = beside;
    this.receivers = receivers;
    this.#server = server;
  }

  get server(): DatabaseServer {
    if (!this.#server) throw new Error("The store has no server.");
    return this.#server;
  }

  async furnish({ seed, endpoints }: RigInput): Promise<void> {
    const port = await this.receivers.call("listen", { seed });
    // The first start makes the schema: how long that takes is no measure of how soon it is ready again.
    for (const hub of [this.hub, ...this.beside]) await hub.start();
    const stores = new Map<string, string>();
    for (const { tag, name, contract, behaviour, url } of endpoints) {
      const storeId = stores.get(tag) ?? (await this.#createStore(tag));
      stores.set(tag, storeId);
      const endpoint = `${tag}/${name}`;
      const made = await this.hub.call("POST", "/v1/endpoints", {
        storeId,
        contract,
        url: url?.(port) ?? `http://127.0.0.1:${port}/${endpoint}`,
        events: [NEW_ORDER[contract]],
      });
      this.endpointIds.set(endpoint, made.id);
      const { secret } = made;
      await this.receivers.call("trust", {
        endpoint,
        contract,
        secret,
        store: { tag, id: storeId },
        behaviour,
      });
    }
    this.client = new Client(
      this.hub,
      [...stores].map(([tag, id]) => ({ tag, id })),
    );
  }

  async #createStore(name: string): Promise<string> {
    const store = { name, currency: "EUR", timezone: "Europe/Rome", plan: "enterprise" };
    return (await this.hub.call("POST", "/v1/stores", store)).id;
  }

  async start(hub = this.hub): Promise<void> {
    this.readyMs.push(await hub.start());
  }

  /** `kill -9`. */
  async kill(hub = this.hub): Promise<void> {
    await hub.stop("SIGKILL");
    this.interrupted();
  }

  /** What was answered just before now, or is on its way to a receiver, may be sent again. */
  interrupted(): void {
    this.kills.push(Date.now() + ARRIVED_MS);
  }

  /** Milliseconds until an order of each store is accepted and has come to all its endpoints: then every lane goes on. */
  async arrival(): Promise<number> {
    const startedAt = performance.now();
    const tags = new Set([...this.endpointIds.keys()].map(storeOf));
    const arrived = await Promise.all([...tags].map((tag) => this.#arrives(tag)));
    return arrived.every(Boolean) ? performance.now() - startedAt : Number.POSITIVE_INFINITY;
  }

  async #arrives(tag: string): Promise<boolean> {
    const endpoints = [...this.endpointIds.keys()].filter((endpoint) => storeOf(endpoint) === tag);
    let number = "";
    const accepted = async () => {
      const posted = await this.client.post(tag);
      number = posted.number;
      return posted.status === 201;
    };
    const everywhere = async () => (await this.receivers.call("reached", number)).length === endpoints.length;
    return (await this.until(accepted)) && (await this.until(everywhere));
  }

  /** What one crash may cause to be sent twice. */
  get inFlight(): number {
    return Math.min(HUB_IN_FLIGHT, this.endpointIds.size * LANE_IN_FLIGHT);
  }

  /** Asks until it holds; false where it does not in time. */
  async until(holds: () => Promise<boolean>, withinMs = SETTLE_MS): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  async pending(endpoints: Iterable<string> = this.endpointIds.keys()): Promise<number> {
    let pending = 0;
    for (const endpoint of endpoints) pending += (await this.health(endpoint)).pending;
    return pending;
  }

  health(endpoint: string): Promise<Json> {
    return this.hub.get(`/v1/endpoints/${this.endpointIds.get(endpoint)}/health`);
  }

  /** The books of some endpoints, once nothing is under way there any more, or when the time is up. */
  async ledger(endpoints = [...this.endpointIds.keys()], withinMs = SETTLE_MS): Promise<Ledger> {
    await this.until(async () => (await this.pending(endpoints)) === 0, withinMs);
    const numbers = new Map<string, string>();
    const notes = await this.receivers.call("notes", 0);
    return settle({
      intents: this.client.intents,
      acknowledged: this.client.acknowledged,
      endpoints,
      notes,
      deadLettered: await this.#pairs(endpoints, ["dead_letter"], numbers),
      pending: await this.#pairs(endpoints, ["pending", "retrying"], numbers),
      kills: this.kills,
    });
  }

  /** What the hub says is in one of these states. */
  async #pairs(
    endpoints: readonly string[],
    statuses: readonly string[],
    numbers: Map<string, string>,
  ): Promise<Set<string>> {
    const pairs = new Set<string>();
    for (const endpoint of endpoints) {
      const id = this.endpointIds.get(endpoint);
      for (const status of statuses) {
        for (const { eventId } of await this.hub.all(`/v1/deliveries?endpointId=${id}&status=${status}`)) {
          const number = numbers.get(eventId) ?? (await this.#numberOf(eventId));
          numbers.set(eventId, number);
          pairs.add(pairOf(endpoint, number));
        }
      }
    }
    return pairs;
  }

  async #numberOf(eventId: string): Promise<string> {
    return (await this.hub.get(`/v1/events/${eventId}`)).data.displayNumber;
  }
}
