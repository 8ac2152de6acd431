import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import { Refusal } from "../../packages/server/src/domain/error.ts";
import { hourOf, type Plan, type Store } from "../../packages/server/src/domain/store.ts";
import type { SendRequest } from "../../packages/server/src/engine/sender.ts";
import {
  type AcceptResult,
  type ClaimInput,
  type ClaimResult,
  type NewEvent,
  StorageFull,
  StorageUnavailable,
  type StoreEndpoints,
} from "../../packages/server/src/store/driver.ts";
import { Underway } from "../underway.ts";
import type { World } from "./world.ts";

export interface Request extends SendRequest {
  readonly endpointId: string;
  readonly orderId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly succeeded: boolean;
  readonly process: number;
}

export interface Accepted {
  readonly eventId: string;
  readonly subjectId: string;
  /** When its process took it in: what is queued goes out in this order. */
  readonly at: number;
  /** Stands in every contract's body, and in no other event's. */
  readonly orderId: string;
  /** Who was subscribed when it was accepted. */
  readonly endpointIds: readonly string[];
}

/** What an endpoint has been since `at`. */
export interface Version {
  readonly at: number;
  readonly endpoint: Endpoint;
  /** When each process knew of it for certain: its own change was answered, or it was told of another's. */
  readonly knownAt: Map<number, number>;
}

interface PlanSpan {
  readonly plan: Plan;
  readonly from: number;
  /** When the change that ended it was answered. */
  to: number;
}

interface Note {
  readonly at: number;
  readonly process: number;
  readonly text: () => string;
}

/** What one run did, as the store carried it out and as the receivers saw it: the truth that the hub is held to. */
export class Ledger {
  readonly #world: World;
  readonly requests: Request[] = [];
  /** By event id, in the order of their commits. */
  readonly accepted = new Map<string, Accepted>();
  readonly acknowledged = new Set<string>();
  readonly endpoints = new Map<string, Version[]>();
  readonly plans: PlanSpan[] = [];
  /** First attempts granted in each hour, by delivery. */
  readonly granted = new Map<number, Set<string>>();
  readonly notes: Note[] = [];
  readonly problems: string[] = [];
  readonly bootedAt = new Map<number, number>();
  crashes = 0;
  freezes = 0;
  /** Leases that others may have taken over. */
  longOutages = 0;
  failedCalls = 0;
  readonly underway = new Underway();
  replays = 0;
  /** An endpoint or the store was changed by a process. */
  onChange: (process: number, endpointId: string | null) => void = () => undefined;
  readonly #resumedAt = new Map<number, number>();
  readonly #sets = new Map<number, StoreEndpoints["endpoints"]>();

  constructor(world: World) {
    this.#world = world;
  }

  note(process: number, text: () => string): void {
    this.notes.push({ at: this.#world.now(), process, text });
  }

  opened(store: Store): void {
    this.plans.push({ plan: store.plan, from: 0, to: Number.POSITIVE_INFINITY });
  }

  /** The store has done it, whether or not anybody will learn of it. */
  executed(process: number, verb: string, input: readonly unknown[], result: unknown): void {
    const [first] = input;
    if (verb === "storeEndpoints") this.#seen(result as StoreEndpoints);
    else if (verb === "acceptEvent") this.#accept(process, first as NewEvent, result as AcceptResult);
    else if (verb === "claimDue") this.#claim(process, first as ClaimInput, result as ClaimResult);
    else if (verb === "updateStore") this.#planned(process, result as Store);
    else if (CHANGES_ENDPOINT.has(verb)) this.#change(process, verb, input, result);
    if (verb === "createReplay" || verb === "replayDelivery") this.replays += 1;
    if (TOLD.has(verb)) this.note(process, () => `${verb} ${brief(input)} → ${brief(result)}`);
  }

  /** The process has learnt of it. */
  answered(process: number, verb: string, input: readonly unknown[], result: unknown): void {
    if (verb === "updateStore") this.planKnown();
    if (!CHANGES_ENDPOINT.has(verb) || isRefused(result)) return;
    this.known(process, verb === "createEndpoint" ? (input[0] as Endpoint).id : (input[0] as string));
  }

  /** From now on the process knows the endpoint's latest version. */
  known(process: number, endpointId: string): void {
    const latest = this.endpoints.get(endpointId)?.at(-1);
    if (latest && !latest.knownAt.has(process)) latest.knownAt.set(process, this.#world.now());
  }

  /** A process that was stopped learns of nothing meanwhile: what it is told late it knows late. */
  resumed(process: number): void {
    this.#resumedAt.set(process, this.#world.now());
  }

  /** When a process last went on after it had been stopped. */
  resumedAt(process: number): number {
    return this.#resumedAt.get(process) ?? 0;
  }

  /** A use case has refused: for a reason that holds, or because the store was in trouble. */
  refused(error: unknown): void {
    if (error instanceof StorageFull || error instanceof StorageUnavailable || error instanceof Refusal)
      return;
    this.problems.push(`a call failed with ${String(error)}`);
  }

  planKnown(): void {
    for (const span of this.plans.slice(0, -1)) span.to = Math.min(span.to, this.#world.now());
  }

  request(request: Request): void {
    this.requests.push(request);
    this.note(
      request.process,
      () =>
        `POST ${request.url} ${request.orderId} ${request.succeeded ? "succeeds" : "fails"} after ${request.endedAt - request.startedAt} ms`,
    );
  }

  #seen({ version, endpoints }: StoreEndpoints): void {
    this.#sets.set(version, endpoints);
  }

  #planned(process: number, { plan }: Store): void {
    this.plans.push({ plan, from: this.#world.now(), to: Number.POSITIVE_INFINITY });
    this.note(process, () => `the plan is ${plan}`);
    this.onChange(process, null);
  }

  #accept(process: number, { event, endpointsVersion, deliveries, quota }: NewEvent, result: AcceptResult) {
    const { id: orderId } = JSON.parse(event.data) as { id: string };
    this.note(process, () => `accept ${orderId} (${event.subjectId.slice(-1)}): ${brief(result)}`);
    if (result.kind !== "accepted") return;
    const set = this.#sets.get(endpointsVersion ?? -1) ?? [];
    const endpointIds = set
      .filter(({ canonical }) => canonical.includes("order.created"))
      .map(({ id }) => id);
    const { id: eventId, subjectId, createdAt: at } = event;
    this.accepted.set(eventId, { eventId, subjectId, at, orderId, endpointIds });
    const leased = new Set(
      result.placements.flatMap(({ deliveryId, placed }) => (placed === "leased" ? [deliveryId] : [])),
    );
    for (const { id } of deliveries) if (leased.has(id)) this.#grant(quota.hour, id);
  }

  #claim(process: number, { quota }: ClaimInput, { deliveries, rateLimited }: ClaimResult): void {
    this.note(
      process,
      () => `claim → ${deliveries.map(({ id }) => id.slice(-4))}${rateLimited ? " limited" : ""}`,
    );
    for (const { id, attemptCount } of deliveries) if (attemptCount === 0) this.#grant(quota.hour, id);
  }

  #grant(hour: number, deliveryId: string): void {
    const granted = this.granted.get(hour);
    if (granted) granted.add(deliveryId);
    else this.granted.set(hour, new Set([deliveryId]));
  }

  #change(process: number, verb: string, input: readonly unknown[], result: unknown): void {
    if (isRefused(result)) return;
    const id = typeof result === "object" ? (result as Endpoint).id : (input[0] as string);
    const versions = this.endpoints.get(id) ?? [];
    this.endpoints.set(id, versions);
    const latest = versions.at(-1)?.endpoint;
    const endpoint =
      verb === "deleteEndpoint" && latest ? { ...latest, state: "deleted" as const } : (result as Endpoint);
    versions.push({ at: this.#world.now(), endpoint, knownAt: new Map() });
    this.note(process, () => `${verb} ${endpoint.url} ${endpoint.state} ${endpoint.events}`);
    this.onChange(process, id);
  }
}

const CHANGES_ENDPOINT = new Set(["createEndpoint", "updateEndpoint", "deleteEndpoint"]);
/** Verbs that a trace tells in full. */
const TOLD = new Set([
  "createReplay",
  "replayDelivery",
  "setReplayState",
  "stepReplay",
  "recordAttempts",
  "releaseDeliveries",
  "recoverLeases",
  "beat",
  "leave",
  "holdLanes",
  "releaseLanes",
  "dueLanes",
  "cancelDeliveries",
]);

const isRefused = (result: unknown): boolean =>
  result === null || result === false || typeof result === "string";

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
};

/** The limits that may have held at some moment of an hour. */
export const plansIn = (plans: readonly PlanSpan[], hour: number, graceMs: number): Plan[] =>
  plans
    .filter(({ from, to }) => hourOf(from) <= hour && hourOf(to + graceMs) >= hour)
    .map(({ plan }) => plan);
