import { HOURLY_LIMIT, hourOf } from "../domain/store.ts";
import type { ClaimedDelivery, LeaseGrant } from "../store/driver.ts";
import { type Ask, askFor, settleLane, type Taken } from "./ask.ts";
import { Finder, type FinderParts } from "./finder.ts";
import { placesOf } from "./held.ts";
import type { Lane } from "./lane.ts";
import type { Leases } from "./leases.ts";
import type { Offers } from "./offers.ts";
import type { Stores } from "./stores.ts";

/** Deliveries in one claim of one lane. Fewer than are accepted between two claims would never end a backlog. */
const CLAIM_MAX = 500;
/** A claim for a handful costs as much as one for hundreds: it waits for so many places. */
const CLAIM_MIN = 50;
const TROUBLE_MS = 500;
/** As often as no lane has been drained. */
const OTHER_LANE = -1;
/** Who has nothing in memory is not told when others make room, and looks again. */
const NO_ROOM_MS = 100;

export interface ClaimerParts extends Omit<FinderParts, "onFound" | "expects"> {
  /** Whether the lane belongs to this process among those that live. */
  readonly owns: (endpointId: string) => boolean;
  readonly stores: Stores;
  readonly leases: Leases;
  readonly offers: Pick<Offers, "claimed" | "answered" | "expects">;
  /** The store's endpoints are at this version, and what is known here may be older. */
  readonly onVersion: (storeId: string, version: number) => void;
}

/** Takes from the store what was not handed over in memory: retries, overflow, and what a restart finds. */
export class Claimer {
  readonly #parts: ClaimerParts;
  readonly #busyStores = new Set<string>();
  #passing = false;
  #stopped = true;
  #cancelTimer: (() => void) | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  readonly #finder: Finder;
  #under = 0;
  #whenIdle: (() => void) | null = null;

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
    this.#finder = new Finder({
      ...parts,
      expects: (lane, dueAt, now) => parts.offers.expects(lane, dueAt, now),
      onFound: () => this.kick(),
    });
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#finder.start();
    this.kick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#finder.stop();
    if (this.#under === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  /** Something may be due, or there may be room for it. */
  kick(): void {
    if (this.#passing || this.#stopped) return;
    this.#passing = true;
    this.#parts.timers.soon(() => {
      this.#passing = false;
      this.#pass();
    });
  }

  /** A place of the lane has come free, or its next due time has changed. */
  noticed(lane: Lane): void {
    const now = this.#parts.clock.now();
    if (lane.nextDueAt === null || lane.closed || !lane.isHeld(now) || this.#stopped) return;
    if (lane.nextDueAt > now) this.#wakeAt(Math.min(lane.nextDueAt, this.#timerAt), now);
    else if (this.#hasRoom(lane)) this.kick();
    else if (lane.held === 0) this.#wakeAt(Math.min(now + NO_ROOM_MS, this.#timerAt), now);
  }

  #pass(): void {
    if (this.#stopped) return;
    const { dispatcher, clock } = this.#parts;
    const now = clock.now();
    let nextAt = Number.POSITIVE_INFINITY;
    const byStore = new Map<string, Lane[]>();
    for (const lane of dispatcher.lanes()) {
      if (lane.closed || lane.nextDueAt === null || !lane.isHeld(now)) continue;
      if (lane.nextDueAt > now) {
        nextAt = Math.min(nextAt, lane.nextDueAt);
        continue;
      }
      if (!this.#hasRoom(lane)) {
        if (lane.held === 0) nextAt = Math.min(nextAt, now + NO_ROOM_MS);
        continue;
      }
      const lanes = byStore.get(lane.storeId);
      if (lanes) lanes.push(lane);
      else byStore.set(lane.storeId, [lane]);
    }
    for (const [storeId, lanes] of byStore) {
      if (!this.#busyStores.has(storeId)) void this.#claim(storeId, lanes);
    }
    this.#wakeAt(nextAt, now);
  }

  #hasRoom(lane: Lane): boolean {
    // What is on its way back comes before what a claim would find now.
    if (lane.givingBack > 0) return false;
    const room = this.#parts.dispatcher.roomFor(lane);
    return room >= CLAIM_MIN || (room > 0 && room >= lane.held);
  }

  #wakeAt(at: number, now: number): void {
    if (at === this.#timerAt && this.#cancelTimer) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#parts.timers.after(Math.max(1, at - now), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#cancelTimer = null;
      this.kick();
    });
  }

  async #claim(storeId: string, lanes: readonly Lane[]): Promise<void> {
    const { dispatcher, driver, stores, leases, clock } = this.#parts;
    this.#busyStores.add(storeId);
    this.#under += 1;
    let asked: readonly Ask[] = [];
    try {
      const store = await stores.get(storeId);
      // From here to the call nothing is awaited: an ask may end a backlog, and what is accepted next must come after it.
      const limit = store ? HOURLY_LIMIT[store.plan] : null;
      asked = this.#ask(lanes, limit !== null);
      const now = clock.now();
      const lease = leases.grant(now);
      const result = await driver.claimDue({
        now,
        holder: this.#parts.holder,
        lease,
        storeId,
        lanes: asked.map(({ lane, max }) => ({ endpointId: lane.endpointId, max })),
        quota: { hour: hourOf(now), limit },
        except: asked.flatMap(({ lane }) => [...lane.loose.keys()]),
      });
      this.#parts.onVersion(storeId, result.endpointsVersion);
      this.#parts.offers.claimed(result.deliveries);
      const claimed = byLane(result.deliveries);
      for (const ask of asked) {
        const taken = this.#push(ask, claimed.get(ask.lane.endpointId) ?? [], lease);
        ask.lane.askedAt = null;
        settleLane(ask, taken, result, now);
        dispatcher.release(ask.lane, ask.places);
        this.#parts.offers.answered(ask.lane);
      }
    } catch (error) {
      for (const { lane, places } of asked) {
        lane.askedAt = null;
        dispatcher.release(lane, places);
      }
      // What was asked for is still there, and is left alone for a moment.
      for (const lane of lanes) lane.heldUp(clock.now() + TROUBLE_MS);
      for (const { lane } of asked) this.#parts.offers.answered(lane);
      this.#parts.onTrouble(error);
    }
    this.#busyStores.delete(storeId);
    this.#under -= 1;
    if (this.#under === 0) this.#whenIdle?.();
    dispatcher.pump();
    this.kick();
  }

  /** Keeps places for what each lane may get. */
  #ask(lanes: readonly Lane[], isLimited: boolean): Ask[] {
    const { dispatcher, clock } = this.#parts;
    return lanes.flatMap((lane) => {
      // As it stands by now: since it was chosen something may have begun its way back, or the lane was forgotten, and
      // nobody would get what is claimed for it.
      if (dispatcher.laneOf(lane.endpointId) !== lane || !this.#hasRoom(lane)) return [];
      // Its store had no quota a moment ago: first what is sent without a lease has ended.
      if (isLimited && lane.loose.size > 0) {
        lane.nextDueAt = clock.now() + NO_ROOM_MS;
        return [];
      }
      const max = Math.min(CLAIM_MAX, lane.deliveriesIn(dispatcher.roomFor(lane)));
      const ask = askFor(lane, max, lane.placesFor(max));
      dispatcher.reserve(lane, ask.places);
      return [ask];
    });
  }

  /** Hands what was claimed to its lane, unless that is not here any more; says how much it got. */
  #push(ask: Ask, deliveries: readonly ClaimedDelivery[], { token, until }: LeaseGrant): Taken {
    const { dispatcher } = this.#parts;
    const lane = dispatcher.laneOf(ask.lane.endpointId);
    const taken = { first: 0, again: 0 };
    if (!lane || deliveries.length === 0) return taken;
    for (const { body, attemptCount } of deliveries) {
      dispatcher.reserve(lane, placesOf(body));
      if (attemptCount === 0) taken.first += 1;
      else taken.again += 1;
    }
    const held = deliveries.map((delivery) => ({ delivery, token, passes: false }));
    // A lane that was given up and taken again meanwhile is another.
    dispatcher.push(lane, held, until, lane === ask.lane ? ask.drains : OTHER_LANE);
    return taken;
  }

  /** Others have left something in these lanes; null: in any. A lane that is held here is asked without looking for it. */
  told(endpointIds: readonly string[] | null): void {
    const { dispatcher, clock, owns } = this.#parts;
    const now = clock.now();
    const unknown: string[] = [];
    for (const id of endpointIds ?? []) {
      const lane = dispatcher.laneOf(id);
      if (lane?.isHeld(now)) {
        lane.uncounted(now);
        this.noticed(lane);
      } else if (owns(id)) unknown.push(id);
    }
    if (endpointIds === null) this.#finder.soon();
    else if (unknown.length > 0) this.#finder.among(unknown);
  }

  /** What a process had that is gone is free. */
  freed(): void {
    this.#finder.soon({ urgent: true });
  }
}

function byLane(deliveries: readonly ClaimedDelivery[]): ReadonlyMap<string, readonly ClaimedDelivery[]> {
  const lanes = new Map<string, ClaimedDelivery[]>();
  for (const delivery of deliveries) {
    const lane = lanes.get(delivery.endpointId);
    if (lane) lane.push(delivery);
    else lanes.set(delivery.endpointId, [delivery]);
  }
  return lanes;
}
