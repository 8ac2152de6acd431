import type { CanonicalEvent, Contract } from "@ticketrail/contracts";
import { Refusal } from "../domain/error.ts";
import type { Clock, NewId } from "../domain/id.ts";
import type { Store } from "../domain/store.ts";
import type { EndpointWithRecord, Hint, StoreDriver } from "../store/driver.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { Claimer } from "./claimer.ts";
import { type AttemptReport, Dispatcher } from "./dispatcher.ts";
import type { Engine } from "./engine.ts";
import { Follower } from "./follower.ts";
import { Holds, type LaneAt } from "./holds.ts";
import { type Job, Jobs, systemAudit } from "./jobs.ts";
import type { Lane } from "./lane.ts";
import { Leases, tokensOf } from "./leases.ts";
import type { DispatchLimits } from "./limits.ts";
import { Members } from "./members.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import type { Neighbours } from "./neighbours.ts";
import { Offers } from "./offers.ts";
import { PRESSURE, pressureOfLanes, pressureOfQueue } from "./pressure.ts";
import { type Intent, Publisher } from "./publisher.ts";
import { Recorder } from "./recorder.ts";
import { sendTest } from "./send-test.ts";
import type { Sender } from "./sender.ts";
import { Stores } from "./stores.ts";
import { type Target, Targets } from "./targets.ts";
import type { Timers } from "./timers.ts";
import type { Vault } from "./vault.ts";

export interface EngineParts {
  readonly driver: StoreDriver;
  /** Null where no other process can be. */
  readonly neighbours: Neighbours | null;
  readonly sender: Sender;
  readonly vault: Vault;
  readonly contracts: readonly Contract[];
  /** The hub's own time; it only goes on. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly limits: DispatchLimits;
  /** Every retry delay is multiplied by it; 1 but in demonstrations. */
  readonly retryScale: number;
  readonly retentionMs: number;
  readonly sweepMs: number;
  /** What the hub does by itself; `JOBS` but in a simulation. */
  readonly jobs: readonly Job[];
  /** No other process can hold a lease: what a predecessor left is free at once. */
  readonly exclusive: boolean;
  /** Else it only accepts, and leaves sending and jobs to others. */
  readonly sends: boolean;
  readonly admission: AdmissionLimits;
  /** Share of the time since it was last asked that the process was busy, 0 to 1. */
  readonly load: () => number;
  readonly onAccepted: (events: number) => void;
  readonly onAttempt: (report: AttemptReport) => void;
  readonly onDeactivated: (found: EndpointWithRecord) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** How long a store is kept in mind where another process may change it. */
const STORE_KEEP_MS = 5_000;
/** In a hint: too many to name. */
const EVERY_STORE = "*";
/** How many times an accept matches again when the store's endpoints change under it. */
const MATCH_TRIES = 20;

export function createEngine(parts: EngineParts): Engine {
  const { driver, clock, newId, timers, onTrouble } = parts;
  const contracts = new Map(parts.contracts.map((contract) => [contract.name, contract]));
  const targets = new Targets(driver, parts.vault, contracts);
  const stores = new Stores(driver, clock, parts.exclusive ? Number.POSITIVE_INFINITY : STORE_KEEP_MS);
  const holder = parts.exclusive ? null : newId("proc_");
  const leases: Leases = new Leases(tokensOf(holder, newId), () => holds.until);
  const recorder = new Recorder(driver, timers, onTrouble);
  const dispatcher: Dispatcher = new Dispatcher({
    ...parts,
    targets,
    recorder,
    leases,
    onRoom: (lane) => claimer.noticed(lane),
    onEmpty: (lane) => holds.emptied(lane),
    onAttempt: (report) => {
      admission.sent();
      neighbourhood.sent();
      parts.onAttempt(report);
    },
    onGone: (target) => void disable(target).catch(onTrouble),
  });
  const pressed = parts.sends
    ? pressureOfLanes(() => dispatcher.lanes(), parts.load, clock, PRESSURE)
    : pressureOfQueue(driver, clock, PRESSURE, onTrouble);
  const admission = new Admission({
    pressed: () => pressed() || neighbourhood.isPressed,
    clock,
    timers,
    limits: parts.admission,
  });
  const holds = new Holds({
    ...parts,
    dispatcher,
    holder,
    owns: (endpointId) => members.owns(endpointId),
    onTaken: () => claimer.kick(),
  });
  const members = new Members({
    ...parts,
    leases,
    holds,
    holder,
    onFreed: () => claimer.freed(),
    onDoubt: () => dispatcher.pause(),
    onCertain: () => dispatcher.resume(),
  });
  const neighbourhood = new Neighbourhood({
    ...parts,
    holder,
    pressed,
    onOffer: (deliveries) => offers.take(deliveries),
    onSent: () => admission.sent(),
    onLive: (live) => (parts.sends ? members.see(live) : Promise.resolve()),
  });
  const onQueued = (lane: Lane) => claimer.noticed(lane);
  const onQueuedElsewhere = (at: LaneAt) => {
    // It may have been taken since.
    if (holds.lane(at)) claimer.told([at.endpointId]);
    else driver.hints?.say({ kind: "due", endpointIds: [at.endpointId] });
  };
  const offers: Offers = new Offers({
    ...parts,
    dispatcher,
    holds,
    live: () => neighbourhood.live,
    onQueued,
    onQueuedElsewhere,
  });
  const follower = new Follower({
    ...parts,
    stores,
    targets,
    dispatcher,
    holds,
    onOpened: () => claimer.kick(),
  });
  const claimer: Claimer = new Claimer({
    ...parts,
    dispatcher,
    holds,
    holder,
    owns: (endpointId) => members.owns(endpointId),
    stores,
    leases,
    offers,
    onOpen: ({ storeId, endpointId }) => follower.look(storeId, [endpointId]),
    onVersion: (storeId, version) => {
      if (version > (targets.peek(storeId)?.version ?? version)) follower.look(storeId, null);
    },
    onUnheld: (endpointId) => {
      if (!members.owns(endpointId)) members.doubt();
    },
  });
  const publisher = new Publisher({
    dispatcher,
    holds,
    leases,
    clock,
    newId,
    shared: !parts.exclusive,
    offers,
    onQueued,
    onQueuedElsewhere,
  });

  /** The endpoint answered 410, as it was then: once its owner has changed it, the answer no longer counts. */
  async function disable({ endpoint }: Target): Promise<void> {
    const audit = systemAudit(newId, clock.now(), "endpoint.disable", endpoint.storeId, endpoint.id);
    const changes = { state: "disabled", disabledReason: "answered_410_gone" } as const;
    await driver.updateEndpoint(endpoint.id, endpoint.version, changes, false, audit);
    engine.wake(endpoint.storeId, endpoint.id);
  }

  /** Writes what `write` is given, matching again while the store's endpoints change under it. */
  async function accept<Result extends { readonly kind: string }>(
    events: readonly CanonicalEvent[],
    store: Store,
    subjectId: string,
    write: (intent: Intent) => Promise<Result>,
  ): Promise<Exclude<Result, { readonly kind: "stale_endpoints" }>> {
    await admission.enter();
    for (let tries = 0; ; tries++) {
      const storeTargets = await targets.ofStore(store.id);
      const intent = publisher.intend(events, store, subjectId, storeTargets);
      let result: Result;
      try {
        result = await write(intent);
      } catch (error) {
        intent.abandoned();
        throw error;
      }
      if (result.kind !== "stale_endpoints") {
        if ("placements" in result) {
          admission.accepted(intent.events.reduce((sum, { deliveries }) => sum + deliveries.length, 0));
          parts.onAccepted(intent.events.length);
        } else {
          intent.abandoned();
        }
        return result as Exclude<Result, { readonly kind: "stale_endpoints" }>;
      }
      intent.abandoned();
      targets.forget(store.id);
      if (tries >= MATCH_TRIES) {
        throw new Refusal(
          "overloaded",
          "The store's endpoints are changed faster than an event is matched with them. Try again in a second.",
          { headers: { "retry-after": "1" } },
        );
      }
    }
  }

  /** Another process, or this one, has said so. */
  function heard(hint: Hint): void {
    if (hint.kind === "due") claimer.told(hint.endpointIds);
    else if (hint.storeId === EVERY_STORE) follower.lookEverywhere();
    else follower.look(hint.storeId, null);
  }
  driver.hints?.listen(heard);

  const engine: Engine = {
    async publish(event, store, subjectId) {
      const result = await accept([event], store, subjectId, async (intent) => {
        const [written] = intent.events;
        if (!written) return { kind: "exists" } as const;
        const accepted = await driver.acceptEvent(written);
        if (accepted.kind === "accepted") intent.committed(accepted.placements);
        return accepted;
      });
      return result.kind === "accepted";
    },
    async saveOrder({ order, expectedVersion, events, store, audit }) {
      return accept(events, store, order.id, async (intent) => {
        const saved = await driver.saveOrder({ order, expectedVersion, events: intent.events, audit });
        if (saved.kind === "saved") intent.committed(saved.placements);
        return saved;
      });
    },
    test: (endpointId, eventType, store) =>
      sendTest({ ...parts, targets, leases, recorder }, endpointId, eventType, store),
    wake(storeId, endpointId) {
      follower.look(storeId, endpointId ? [endpointId] : []);
      driver.hints?.say({ kind: "endpoints", storeId });
      if (endpointId) driver.hints?.say({ kind: "due", endpointIds: null });
    },
    async start() {
      follower.start();
      if (parts.sends) {
        await driver.recoverLeases({ now: clock.now(), everything: parts.exclusive });
        await members.start();
      }
      await neighbourhood.start();
      if (!parts.sends) return;
      await claimer.start();
      jobs.start();
    },
    async drain() {
      jobs.stop();
      follower.stop();
      neighbourhood.stop();
      members.stop();
      const left = members.leave();
      await claimer.stop();
      await holds.leave();
      await dispatcher.drain();
      await Promise.all([left, holds.settled()]);
    },
    stats: () => dispatcher.stats(),
  };
  const jobs = new Jobs({ ...parts, engine, stores, leads: () => members.leads }, parts.jobs);
  return engine;
}
