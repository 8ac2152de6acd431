import type { CanonicalEvent, StoreFacts } from "@ticketrail/contracts";
import type { Payload } from "../domain/event.ts";
import type { Clock, NewId } from "../domain/id.ts";
import { HOUR_MS, HOURLY_LIMIT, hourOf, type Store } from "../domain/store.ts";
import type { ClaimedDelivery, LeaseGrant, NewDelivery, NewEvent, Placement } from "../store/driver.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { placesOf } from "./held.ts";
import type { Holds, LaneAt } from "./holds.ts";
import type { Lane } from "./lane.ts";
import type { Leases } from "./leases.ts";
import type { Offers } from "./offers.ts";
import type { StoreTargets, Target } from "./targets.ts";

export interface PublisherParts {
  readonly dispatcher: Dispatcher;
  readonly holds: Holds;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Other processes accept into the store, too. */
  readonly shared: boolean;
  readonly offers: Pick<Offers, "reaches" | "make">;
  /** A lane has something in the store. */
  readonly onQueued: (lane: Lane) => void;
  /** A lane that was not held here, or is not any more, has something in the store. */
  readonly onQueuedElsewhere: (at: LaneAt) => void;
}

/** A delivery on its way into the store, with the place that is kept for it. */
interface Intended {
  /** Null where it is not held here. */
  readonly lane: Lane | null;
  readonly at: LaneAt;
  /** The lane's, when its place was kept. */
  readonly drains: number;
  readonly delivery: NewDelivery;
  /** It is handed over past a backlog. */
  readonly passes: boolean;
  readonly event: CanonicalEvent;
  readonly subjectId: string;
  readonly body: string;
}

/** What an event's deliveries have in common. */
interface About {
  readonly subjectId: string;
  /** They may be handed over past a backlog. */
  readonly mayPass: boolean;
}

/** What is to be written, and what becomes of it in memory once it is. */
export interface Intent {
  readonly events: readonly NewEvent[];
  /** The transaction is durable. */
  committed(placements: readonly Placement[]): void;
  /** Nothing was written. */
  abandoned(): void;
}

/** Turns events into deliveries: matches endpoints, makes each contract's bytes once, and keeps places for hand-over. */
export class Publisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * What it intends is to be given to the store before anything is awaited: a claim takes what is counted here for under
   * way, and may end a backlog with it.
   */
  intend(
    events: readonly CanonicalEvent[],
    store: Store,
    subjectId: string,
    storeTargets: StoreTargets,
  ): Intent {
    const { leases, clock } = this.#parts;
    const now = clock.now();
    const lease = leases.shared(now);
    const quota = { hour: hourOf(now), limit: HOURLY_LIMIT[store.plan] };
    // Where hours are counted, what waits for the next one goes first.
    const mayPass = quota.limit === null;
    const intended: Intended[] = [];
    const written = events.map((event): NewEvent => {
      const payloads = new Map<string, Payload>();
      const mine = this.#match(event, store, storeTargets, { subjectId, mayPass }, payloads);
      intended.push(...mine);
      return {
        event: {
          id: event.id,
          type: event.type,
          tenantId: event.tenantId,
          storeId: event.storeId,
          subjectId,
          createdAt: now,
          data: JSON.stringify(event.data),
        },
        payloads: [...payloads.values()],
        deliveries: mine.map(({ delivery }) => delivery),
        endpointsVersion: storeTargets.version,
        lease,
        quota,
      };
    });
    return {
      events: written,
      committed: (placements) => this.#place(intended, placements, lease, now),
      abandoned: () => this.#abandon(intended),
    };
  }

  #match(
    event: CanonicalEvent,
    store: StoreFacts,
    storeTargets: StoreTargets,
    about: About,
    payloads: Map<string, Payload>,
  ): Intended[] {
    const intended: Intended[] = [];
    const unencodable = new Set<string>();
    for (const target of storeTargets.byType.get(event.type) ?? []) {
      const { name } = target.contract;
      let payload = payloads.get(name);
      if (!payload && !unencodable.has(name)) {
        const encoded = target.contract.encode(event, store);
        if (encoded) {
          payload = { contract: name, type: encoded.type, body: encoded.body };
          payloads.set(name, payload);
        } else {
          unencodable.add(name);
        }
      }
      if (payload) intended.push(this.#intend(target, payload, event, about));
    }
    return intended;
  }

  #intend(target: Target, payload: Payload, event: CanonicalEvent, { subjectId, mayPass }: About): Intended {
    const { endpoint } = target;
    const { dispatcher, holds, clock, newId, shared, offers } = this.#parts;
    const at = { endpointId: endpoint.id, storeId: endpoint.storeId, tenantId: endpoint.tenantId };
    const lane = holds.lane(at);
    lane?.follow(endpoint, clock.now());
    const passes = mayPass && lane?.isPassable(clock.now()) === true && dispatcher.roomToPass(lane) > 0;
    const handOff = passes || (lane?.handsOver(clock.now()) === true && dispatcher.roomFor(lane) > 0);
    if (lane && handOff) {
      const places = placesOf(payload.body);
      dispatcher.reserve(lane, places);
      if (passes) lane.passingPlaces += places;
    } else if (lane) {
      lane.queueing += 1;
      lane.backlog = true;
    }
    return {
      lane,
      at,
      drains: lane?.drains ?? 0,
      passes,
      event,
      subjectId,
      body: payload.body,
      delivery: {
        id: newId("del_"),
        endpointId: endpoint.id,
        contract: payload.contract,
        eventType: payload.type,
        handOff,
        ifFirst: lane ? handOff && (passes || shared) : mayPass && offers.reaches(endpoint.id),
        test: false,
      },
    };
  }

  #place(
    intended: readonly Intended[],
    placements: readonly Placement[],
    { token, until }: LeaseGrant,
    acceptedAt: number,
  ): void {
    const { dispatcher } = this.#parts;
    const placed = new Map(placements.map((placement) => [placement.deliveryId, placement.placed]));
    for (const { lane, at, drains, delivery, passes, event, subjectId, body } of intended) {
      const where = placed.get(delivery.id);
      if (!lane && where !== "first") {
        this.#parts.onQueuedElsewhere(at);
        continue;
      }
      if (!lane || where === "leased") {
        const claimed: ClaimedDelivery = {
          id: delivery.id,
          eventId: event.id,
          eventType: delivery.eventType,
          endpointId: delivery.endpointId,
          tenantId: event.tenantId,
          storeId: event.storeId,
          subjectId,
          body,
          createdAt: acceptedAt,
          test: false,
          attemptCount: 0,
          failures: 0,
        };
        if (lane) dispatcher.push(lane, [{ token, delivery: claimed, passes }], until, drains);
        else this.#parts.offers.make(claimed);
        continue;
      }
      if (delivery.handOff) lane.backlog = true;
      else lane.queueing -= 1;
      const now = this.#parts.clock.now();
      if (where === "rate_limited") lane.limitedUntil = (hourOf(now) + 1) * HOUR_MS;
      lane.queued(now);
      if (lane.isHeld(now)) this.#parts.onQueued(lane);
      else this.#parts.onQueuedElsewhere(at);
      if (delivery.handOff) dispatcher.release(lane, placesOf(body), passes);
    }
    dispatcher.pump();
  }

  #abandon(intended: readonly Intended[]): void {
    for (const { lane, delivery, passes, body } of intended) {
      if (!lane) continue;
      if (delivery.handOff) {
        this.#parts.dispatcher.release(lane, placesOf(body), passes);
      } else {
        lane.abandoned();
        // What made it a backlog was never written; a claim finds that out.
        lane.dueAt(this.#parts.clock.now());
        this.#parts.onQueued(lane);
      }
    }
  }
}
