import type { Clock } from "../domain/id.ts";
import type { AttemptRecord, DueLane, StoreDriver } from "../store/driver.ts";
import { decide } from "./decide.ts";
import { giveBack } from "./give-back.ts";
import { type Held, placesOf } from "./held.ts";
import { Lane } from "./lane.ts";
import type { Leases } from "./leases.ts";
import type { DispatchLimits } from "./limits.ts";
import { type Recorder, recordOf } from "./recorder.ts";
import { Rota } from "./rota.ts";
import type { Sender, SendOutcome } from "./sender.ts";
import { Shares } from "./shares.ts";
import type { Target, Targets } from "./targets.ts";
import type { Timers } from "./timers.ts";

/** What others want to know of each attempt: metrics, the log, the demo's screen. */
export interface AttemptReport {
  readonly target: Target;
  readonly held: Held;
  readonly outcome: SendOutcome;
  readonly record: AttemptRecord;
}

export interface DispatcherParts {
  readonly driver: StoreDriver;
  readonly sender: Sender;
  readonly targets: Targets;
  readonly recorder: Recorder;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: DispatchLimits;
  /** No other process can send in a lane: all are held from the start. */
  readonly exclusive: boolean;
  /** Every retry delay is multiplied by it; 1 but in demonstrations. */
  readonly retryScale: number;
  readonly onAttempt: (report: AttemptReport) => void;
  readonly onGone: (target: Target) => void;
  readonly onTrouble: (error: unknown) => void;
  /** A place of the lane has come free, its next due time has changed, or what was on its way back is there. */
  readonly onRoom: (lane: Lane) => void;
  /** Nothing of the lane is in memory. */
  readonly onEmpty: (lane: Lane) => void;
}

/** Of what is free in memory, and of the requests that may be made besides: what one lane may have. */
const WINDOW_PART = 1 / 4;
const IN_FLIGHT_PART = 1 / 16;
/** Of what a lane may have in memory: what may pass its backlog, in addition. */
const PASSING_PART = 1 / 4;
/** What could not be sent for a reason of ours is tried again this much later. */
const GIVEN_BACK_MS = 500;

/** Sends what this process holds leases on, lane by lane in turn, and hands each outcome to the recorder. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #held: Shares;
  readonly #inFlight: Shares;
  readonly #rota: Rota;
  #stopped = false;
  #paused = false;
  #whenIdle: (() => void) | null = null;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#held = new Shares(parts.limits.window, WINDOW_PART);
    this.#inFlight = new Shares(parts.limits.maxInFlight, IN_FLIGHT_PART);
    this.#rota = new Rota({ inFlight: this.#inFlight, timers: parts.timers, onOpen: () => this.#goOn() });
  }

  lane(at: Omit<DueLane, "nextDueAt">): Lane {
    let lane = this.#lanes.get(at.endpointId);
    if (!lane) {
      const { limits, exclusive } = this.#parts;
      lane = new Lane(at, limits.lane, exclusive ? Number.POSITIVE_INFINITY : 0);
      this.#lanes.set(at.endpointId, lane);
    }
    return lane;
  }

  laneOf(endpointId: string): Lane | undefined {
    return this.#lanes.get(endpointId);
  }

  lanes(): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  forgetIdleLanes(): void {
    for (const [id, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(id);
  }

  forget(lane: Lane): void {
    if (this.#lanes.get(lane.endpointId) === lane) this.#lanes.delete(lane.endpointId);
  }

  stats() {
    return { inFlight: this.#inFlight.taken, held: this.#held.taken, lanes: this.#lanes.size };
  }

  /** Places left in memory that the lane may have. */
  roomFor(lane: Lane): number {
    if (this.#stopped) return 0;
    const held = this.#held;
    return Math.max(0, Math.min(lane.room, held.perLane - lane.held, held.left(lane.standing)));
  }

  /** Places left for what passes a backlog: besides the claimed, so that neither keeps the other out. */
  roomToPass(lane: Lane): number {
    if (this.#stopped) return 0;
    const most = Math.ceil(this.#held.perLane * PASSING_PART);
    return Math.max(0, Math.min(most - lane.passingPlaces, this.#held.left(lane.standing)));
  }

  reserve(lane: Lane, places: number): void {
    lane.held += places;
    this.#held.take(lane.standing, places);
  }

  #letGo(lane: Lane, held: Held): void {
    if (held.token === null) lane.loose.delete(held.delivery.id);
    else this.#parts.leases.letGo(held.token);
    this.release(lane, placesOf(held.delivery.body), held.passes);
  }

  /** Gives reserved places back. */
  release(lane: Lane, places: number, passes = false): void {
    lane.held -= places;
    if (passes) lane.passingPlaces -= places;
    this.#held.take(lane.standing, -places);
    if (lane.held === 0) this.#parts.onEmpty(lane);
    if (this.#held.taken === 0) this.#whenIdle?.();
  }

  /** Takes deliveries whose places are reserved. `drains`: the lane's, when they were asked for. */
  push(lane: Lane, deliveries: readonly Held[], until: number, drains: number): void {
    for (const held of deliveries) {
      if (held.token === null) lane.loose.set(held.delivery.id, held.delivery.createdAt);
      else this.#parts.leases.take({ token: held.token, until });
      lane.push(held);
    }
    const now = this.#parts.clock.now();
    // They were on their way when the draining began, or the lane's giving up: nobody else would give them back.
    if (this.#stopped || !lane.isHeld(now)) void this.close(lane);
    // What was in memory has gone back since, and some of it comes before them.
    else if (drains !== lane.drains) this.#sendBack(lane, lane.drain(), now);
    else this.#rota.offer(lane, now);
  }

  #goOn(): void {
    this.#rota.goOn(this.#parts.clock.now());
    this.pump();
  }

  /** Begins nothing until it is resumed. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.pump();
  }

  /** Sends as much as may be sent now. */
  pump(): void {
    while (!this.#stopped && !this.#paused) {
      const turn = this.#rota.next(this.#parts.clock.now());
      if (!turn) return;
      this.#inFlight.take(turn.lane.standing, 1);
      this.#attempt(turn.lane, turn.held);
    }
  }

  #attempt(lane: Lane, held: Held): void {
    const { targets } = this.#parts;
    const known = targets.peek(lane.storeId);
    if (known) {
      this.#send(lane, held, known.all.get(lane.endpointId));
      return;
    }
    targets.ofStore(lane.storeId).then(
      (loaded) => this.#send(lane, held, loaded.all.get(lane.endpointId)),
      () => this.#send(lane, held, undefined),
    );
  }

  #send(lane: Lane, held: Held, target: Target | undefined): void {
    const now = this.#parts.clock.now();
    const open = target?.endpoint.state === "active" && !lane.closed && lane.isHeld(now);
    if (!target || !open || !(held.token === null || this.#parts.leases.isLive(held.token, now))) {
      // What cannot be looked up is left alone for a moment.
      this.#giveBack(lane, held, target ? now : now + GIVEN_BACK_MS);
      return;
    }
    void this.#parts.sender
      .send(target.destination, held.delivery)
      .then((outcome) => this.#ended(lane, held, target, outcome));
  }

  /**
   * After its delivery was leased, the endpoint was deleted or paused, or cannot be read now, or the lease ran out. All
   * that waits behind it goes back too, or it would overtake. `dueAt`: when the lane is looked into again.
   */
  #giveBack(lane: Lane, held: Held, dueAt: number): void {
    this.#inFlight.take(lane.standing, -1);
    lane.returned(held);
    this.#sendBack(lane, [held, ...lane.drain()], dueAt);
  }

  #sendBack(lane: Lane, back: readonly Held[], dueAt: number): void {
    // At once, or a claim that is settled meanwhile takes the lane for empty.
    lane.uncounted(dueAt);
    void this.#putBack(lane, back)
      .catch(this.#parts.onTrouble)
      .finally(() => {
        lane.uncounted(dueAt);
        for (const each of back) this.#letGo(lane, each);
        this.#parts.onRoom(lane);
      });
  }

  #ended(lane: Lane, held: Held, target: Target, outcome: SendOutcome): void {
    const { clock, retryScale, recorder } = this.#parts;
    const now = clock.now();
    this.#inFlight.take(lane.standing, -lane.inFlight);
    this.#held.take(lane.standing, -lane.held);
    lane.finished(held, { succeeded: outcome.error === null, durationMs: outcome.durationMs }, now);
    // All that it has counts by what is known of it from now on.
    this.#inFlight.take(lane.standing, lane.inFlight);
    this.#held.take(lane.standing, lane.held);
    const decision = decide(held.delivery, outcome, target.contract.retry, now, retryScale);
    const record = recordOf(held, outcome, decision.settlement, now);
    this.#parts.onAttempt({ target, held, outcome, record });
    recorder.record(record, () => {
      if (decision.settlement.status === "retrying") {
        lane.retryAt(decision.settlement.nextAttemptAt);
      }
      this.#letGo(lane, held);
      this.#parts.onRoom(lane);
    });
    if (decision.disablesEndpoint) this.#parts.onGone(target);
    this.#rota.offer(lane, now);
    this.pump();
  }

  /** Gives back what one lane holds and has not sent. */
  async close(lane: Lane): Promise<void> {
    const waiting = lane.drain();
    // What cannot be given back now is free when its lease has run out, or at the next start.
    await this.#putBack(lane, waiting).catch(this.#parts.onTrouble);
    for (const held of waiting) this.#letGo(lane, held);
  }

  /** Gives back what is not sent, and waits for what is. */
  async drain(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) await this.close(lane);
    if (this.#held.taken === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  async #putBack(lane: Lane, back: readonly Held[]): Promise<void> {
    try {
      await giveBack(this.#parts.driver, lane, back);
    } finally {
      lane.gaveBackAt = this.#parts.clock.now();
    }
    this.#parts.onRoom(lane);
  }
}
