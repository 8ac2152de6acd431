import type { Clock } from "../domain/id.ts";
import type { ClaimedDelivery } from "../store/driver.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { placesOf } from "./held.ts";
import type { Holds, LaneAt } from "./holds.ts";
import type { Lane } from "./lane.ts";
import type { Neighbours } from "./neighbours.ts";
import { ownerOf } from "./ownership.ts";
import { type Packed, pack, unpack } from "./parcels.ts";
import type { Timers } from "./timers.ts";

/** In one message at most, and characters of their bodies, but for one that is larger. */
const MOST = 500;
const MOST_TEXT = 4 << 20;
/** What is older when it comes was perhaps claimed, sent and forgotten here since. */
const LATE_MS = 2_000;
/** What was accepted no longer ago may be on its way. */
const ON_ITS_WAY_MS = 1_000;

export interface OffersParts {
  /** Null where no other process can be. */
  readonly neighbours: Neighbours | null;
  readonly dispatcher: Pick<Dispatcher, "roomFor" | "roomToPass" | "reserve" | "push" | "pump">;
  readonly holds: Pick<Holds, "lane" | "until">;
  /** The processes that send; the same list for as long as it does not change. */
  readonly live: () => readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** A lane has something in the store. */
  readonly onQueued: (lane: Lane) => void;
  /** A lane that is not held here has. */
  readonly onQueuedElsewhere: (at: LaneAt) => void;
}

/**
 * Deliveries that one process has accepted and another one is to send, told with all that is needed to send them. In the
 * store they wait like any other, and a message is only the sooner way to them: whoever takes one up sends it without a
 * lease, as the holder of its lane, and a claim passes over it. What is lost, comes late or finds no room is claimed.
 *
 * Only what was the first of its subject in its lane when it was written is offered, so that none overtakes another.
 */
export class Offers {
  readonly #parts: OffersParts;
  /** By process: what is told to it at the end of this turn. */
  readonly #leaving = new Map<string, ClaimedDelivery[]>();
  #live: readonly string[] = [];
  readonly #owners = new Map<string, string | null>();
  /** What came while a claim of its lane was under way, which may bring it, too. */
  readonly #aside = new Map<Lane, ClaimedDelivery[]>();
  /** Ids of what claims have brought of late: one half is forgotten at a time. */
  #claimed: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  #halvedAt = 0;

  constructor(parts: OffersParts) {
    this.#parts = parts;
  }

  /** Whether the process that the endpoint's lane belongs to can be told. */
  reaches(endpointId: string): boolean {
    const { neighbours } = this.#parts;
    if (neighbours === null) return false;
    const owner = this.#ownerOf(endpointId);
    return owner !== null && neighbours.reaches(owner);
  }

  #ownerOf(endpointId: string): string | null {
    const live = this.#parts.live();
    if (live !== this.#live) this.#owners.clear();
    this.#live = live;
    const known = this.#owners.get(endpointId);
    if (known !== undefined) return known;
    const owner = ownerOf(endpointId, live);
    this.#owners.set(endpointId, owner);
    return owner;
  }

  /** It is durable, and the first of its subject. */
  make(delivery: ClaimedDelivery): void {
    const owner = this.#ownerOf(delivery.endpointId);
    if (owner === null) return;
    if (this.#leaving.size === 0) this.#parts.timers.soon(() => this.#tell());
    const leaving = this.#leaving.get(owner);
    if (leaving) leaving.push(delivery);
    else this.#leaving.set(owner, [delivery]);
  }

  #tell(): void {
    for (const [owner, deliveries] of this.#leaving) {
      let from = 0;
      let text = 0;
      for (const [index, { body }] of deliveries.entries()) {
        if (index > from && (index - from >= MOST || text + body.length > MOST_TEXT)) {
          this.#offer(owner, deliveries.slice(from, index));
          [from, text] = [index, 0];
        }
        text += body.length;
      }
      this.#offer(owner, deliveries.slice(from));
    }
    this.#leaving.clear();
  }

  #offer(owner: string, deliveries: readonly ClaimedDelivery[]): void {
    this.#parts.neighbours?.tell(owner, { kind: "offer", deliveries: pack(deliveries) });
  }

  /** Others offer these. */
  take(deliveries: Packed): void {
    const { holds, clock, dispatcher, onQueuedElsewhere } = this.#parts;
    const now = clock.now();
    for (const delivery of unpack(deliveries)) {
      const lane = holds.lane(delivery);
      if (!lane) onQueuedElsewhere(laneAt(delivery));
      else if (lane.askedAt === null) this.#take(lane, delivery, now);
      else this.#putAside(lane, delivery);
    }
    dispatcher.pump();
  }

  #putAside(lane: Lane, delivery: ClaimedDelivery): void {
    const aside = this.#aside.get(lane);
    if (!aside) this.#aside.set(lane, [delivery]);
    else if (aside.length < MOST) aside.push(delivery);
    else this.#queued(lane, delivery);
  }

  #take(lane: Lane, delivery: ClaimedDelivery, now: number): void {
    const { dispatcher, holds } = this.#parts;
    if (this.#claimed.some((ids) => ids.has(delivery.id))) return;
    // Of what was given back since, the store did not know that it goes first.
    const isLate = now - delivery.createdAt >= LATE_MS || delivery.createdAt <= lane.gaveBackAt;
    const passes = lane.isPassable(now) && dispatcher.roomToPass(lane) > 0;
    const fits = passes || (lane.handsOver(now) && dispatcher.roomFor(lane) > 0);
    if (isLate || !fits) {
      this.#queued(lane, delivery);
      return;
    }
    const places = placesOf(delivery.body);
    dispatcher.reserve(lane, places);
    if (passes) lane.passingPlaces += places;
    dispatcher.push(lane, [{ token: null, delivery, passes }], holds.until, lane.drains);
  }

  /** A claim finds it. */
  #queued(lane: Lane, delivery: ClaimedDelivery): void {
    const { clock, onQueued, onQueuedElsewhere } = this.#parts;
    const now = clock.now();
    lane.backlog = true;
    lane.queued(now);
    if (lane.isHeld(now)) onQueued(lane);
    else onQueuedElsewhere(laneAt(delivery));
  }

  /** A claim has brought these. */
  claimed(deliveries: readonly ClaimedDelivery[]): void {
    const { neighbours, clock } = this.#parts;
    if (!neighbours?.guests) return;
    const now = clock.now();
    if (now - this.#halvedAt >= LATE_MS) {
      this.#halvedAt = now;
      this.#claimed = [new Set(), this.#claimed[0]];
    }
    for (const { id } of deliveries) this.#claimed[0].add(id);
  }

  /** The lane's claim is answered, and what it has brought is in its place. */
  answered(lane: Lane): void {
    const aside = this.#aside.get(lane);
    if (!aside) return;
    this.#aside.delete(lane);
    const now = this.#parts.clock.now();
    for (const delivery of aside) this.#take(lane, delivery, now);
  }

  /** Whether what is due there, as the store has it, is here already or about to come. */
  expects(lane: Lane, dueAt: number, now: number): boolean {
    const { neighbours } = this.#parts;
    if (!neighbours?.guests || dueAt > now || !lane.handsOver(now)) return false;
    const [oldest = now] = lane.loose.values();
    return dueAt >= oldest || dueAt > now - ON_ITS_WAY_MS;
  }
}

const laneAt = ({ endpointId, storeId, tenantId }: ClaimedDelivery): LaneAt => ({
  endpointId,
  storeId,
  tenantId,
});
