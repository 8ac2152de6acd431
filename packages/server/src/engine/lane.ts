import type { Endpoint } from "../domain/endpoint.ts";
import { Fifo } from "./fifo.ts";
import { type Held, placesOf } from "./held.ts";
import type { LaneLimits } from "./limits.ts";
import { Pace } from "./pace.ts";
import type { Standing } from "./shares.ts";
import type { Turns } from "./turns.ts";

/** A rate-limited store is asked this often. */
export const LIMITED_RETRY_MS = 1_000;
/** A hand-over takes time: it is not begun with less than this of the hold left. */
const HAND_OVER_MS = 5_000;

/** One endpoint's own queue, sent at its own pace. First attempts of one subject (an order) never overtake each other. */
export class Lane {
  readonly endpointId: string;
  readonly storeId: string;
  readonly tenantId: string;
  readonly #limits: LaneLimits;
  readonly #ready = new Fifo<Held>();
  /** What has passed the backlog takes turns with what waits in `ready`. */
  readonly #passing = new Fifo<Held>();
  #passedLast = false;
  /** Subjects whose first attempt is under way, with those that wait for its end. */
  readonly #subjects = new Map<string, Held[]>();
  /** Places of the deliveries held: waiting, in flight, or sent and not yet recorded. Reserved places count. */
  held = 0;
  /** What one of its deliveries takes, on average. Not known at first, so that a claim after a start is no flood. */
  #placesEach = 4;
  /** When each that is held without a lease was accepted, by its id: oldest first. */
  readonly loose = new Map<string, number>();
  /** Of those: of what has passed the backlog. */
  passingPlaces = 0;
  /** What was in memory is on its way back: neither there nor, for the store, waiting. */
  givingBack = 0;
  /** When something was last given back: what was accepted before may come after it. */
  gaveBackAt = Number.NEGATIVE_INFINITY;
  /** How often what waited in memory was taken out of it. What was asked for before must not come after what is left. */
  drains = 0;
  /** `drains` when the claim that is under way was made; null: none is. */
  askedAt: number | null = null;
  inFlight = 0;
  readonly #pace: Pace;
  /** How its last attempt ended. */
  standing: Standing = "unknown";
  /** Queued in the store and due: nothing may be handed off past it unless it `isPassable`. */
  backlog = false;
  /** Whether `depth` and `retries` are all that the store has: so from the first time it was seen empty. */
  counted = false;
  /** First attempts that wait in the store, and retries. */
  depth = 0;
  retries = 0;
  /** All that were ever queued, so that a claim can tell what was added while it ran. */
  queuedCount = 0;
  retryCount = 0;
  /** Accepts under way that will queue. */
  queueing = 0;
  /** Accepts that were to queue and never did. */
  abandonedCount = 0;
  /** How often it was said that somebody else may have left something. */
  toldCount = 0;
  /** When the store next has something for it; null: nothing known. */
  nextDueAt: number | null = null;
  /** Its store has used up its hour: first attempts wait until then. */
  limitedUntil = 0;
  /** Its endpoint's, when that was last looked at. */
  #version: number | undefined;
  /** Paused, disabled or deleted: nothing is sent. */
  closed = false;
  /** Until then no other process may send in it; 0: it is not held here. */
  holdUntil: number;
  /** Being given up: nothing more is sent, and others may have it when what is in memory has ended. */
  leaving = false;
  /** The ring that it waits in, having something to send; null: none. */
  turns: Turns | null = null;

  /** Held for good until told otherwise: where one process has the store, nobody says so. */
  constructor(
    at: { endpointId: string; storeId: string; tenantId: string },
    limits: LaneLimits,
    holdUntil = Number.POSITIVE_INFINITY,
  ) {
    this.holdUntil = holdUntil;
    this.endpointId = at.endpointId;
    this.storeId = at.storeId;
    this.tenantId = at.tenantId;
    this.#limits = limits;
    this.#pace = new Pace(limits);
  }

  /** The store has something for it at `at`. While its hour is used up it is asked now and then: the plan may change. */
  dueAt(at: number): void {
    const open = at < this.limitedUntil ? Math.min(at + LIMITED_RETRY_MS, this.limitedUntil) : at;
    this.nextDueAt = Math.min(this.nextDueAt ?? open, open);
  }

  /** A first attempt was left in the store, due at `at`. Whether it makes a backlog was settled when it was sent there. */
  queued(at: number): void {
    this.depth += 1;
    this.queuedCount += 1;
    this.dueAt(at);
  }

  /** An accept under way that was to queue has failed. */
  abandoned(): void {
    this.queueing -= 1;
    this.abandonedCount += 1;
  }

  /** A retry was left in the store. */
  retryAt(at: number): void {
    this.retries += 1;
    this.retryCount += 1;
    this.nextDueAt = Math.min(this.nextDueAt ?? at, at);
  }

  /**
   * Follows its endpoint, undefined where that is deleted. While it was another version a claim may have found it paused,
   * and left there what goes before all that is new.
   */
  follow(endpoint: Pick<Endpoint, "state" | "version"> | undefined, now: number): void {
    this.closed = endpoint?.state !== "active";
    if (endpoint?.version === this.#version) return;
    this.#version = endpoint?.version;
    if (!this.closed) this.uncounted(now);
  }

  /** Somebody else may have left anything there. */
  uncounted(now: number): void {
    this.backlog = true;
    this.counted = false;
    this.toldCount += 1;
    this.dueAt(now);
  }

  /** The store could not be asked: what it has is unknown, and is asked for again at `at`. */
  heldUp(at: number): void {
    this.backlog = true;
    this.counted = false;
    this.nextDueAt = at;
  }

  isHeld(now: number): boolean {
    return !this.leaving && now < this.holdUntil;
  }

  /** Whether what is accepted now may be handed over in memory, if there is room. */
  handsOver(now: number): boolean {
    return !this.closed && !this.backlog && this.isHeld(now + HAND_OVER_MS);
  }

  /**
   * Whether events may be handed over past the backlog of which the store says that nothing of their subject waits in it:
   * the order of one subject's events is all that counts, and behind a backlog of an hour new orders would wait an hour.
   */
  isPassable(now: number): boolean {
    if (!this.backlog || this.closed || this.failing || this.limitedUntil > 0) return false;
    // A claim that was made before may have leased what comes first, and is given back when it is answered.
    const isUnsettled = this.givingBack > 0 || (this.askedAt !== null && this.askedAt !== this.drains);
    return !isUnsettled && this.isHeld(now + HAND_OVER_MS);
  }

  /** What `count` deliveries will take, as far as is known. */
  placesFor(count: number): number {
    return Math.ceil(count * this.#placesEach);
  }

  /** How many deliveries so many places will hold: one at least. */
  deliveriesIn(places: number): number {
    return Math.max(1, Math.floor(places / this.#placesEach));
  }

  get room(): number {
    return Math.max(0, Math.min(this.#limits.window, this.#pace.ahead) - this.held);
  }

  get failing(): boolean {
    return this.#pace.failing;
  }

  /** Nothing but the hub itself holds it up. */
  isHealthy(now: number): boolean {
    return this.#pace.isHealthy(now) && !this.closed && this.limitedUntil === 0;
  }

  /** `widest`: requests at once that any lane may have now. */
  isSendable(widest: number, now: number): boolean {
    return this.#hasTurn(widest) && this.#pace.isOpen(now);
  }

  /** Nothing but its ramp keeps it from being sent to. */
  isPaced(widest: number, now: number): boolean {
    return this.#hasTurn(widest) && !this.#pace.isOpen(now);
  }

  #hasTurn(widest: number): boolean {
    return this.#ready.size + this.#passing.size > 0 && this.inFlight < Math.min(this.#pace.width, widest);
  }

  get idle(): boolean {
    return this.held === 0 && !this.backlog && this.nextDueAt === null && this.queueing === 0;
  }

  /** The place in memory is counted by the caller, when it reserves it. */
  push(held: Held): void {
    const { subjectId, attemptCount, body } = held.delivery;
    this.#placesEach += (placesOf(body) - this.#placesEach) / 16;
    const waiting = attemptCount === 0 ? this.#subjects.get(subjectId) : undefined;
    if (waiting) {
      waiting.push(held);
      return;
    }
    if (attemptCount === 0) this.#subjects.set(subjectId, []);
    this.#line(held).push(held);
  }

  #line({ passes }: Held): Fifo<Held> {
    return passes ? this.#passing : this.#ready;
  }

  take(now: number): Held | undefined {
    this.#passedLast = !this.#passedLast && this.#passing.size > 0;
    const held = this.#passedLast ? this.#passing.shift() : (this.#ready.shift() ?? this.#passing.shift());
    if (held) {
      this.inFlight += 1;
      this.#pace.took(now);
    }
    return held;
  }

  /** It is not under way any more, and the next of its subject may go. */
  returned(held: Held): void {
    this.inFlight -= 1;
    if (held.delivery.attemptCount === 0) this.#release(held.delivery.subjectId);
  }

  /** The attempt has ended, and the pace follows its outcome. */
  finished(
    held: Held,
    outcome: { readonly succeeded: boolean; readonly durationMs: number },
    now: number,
  ): void {
    this.returned(held);
    this.standing = outcome.succeeded ? "proven" : "failed";
    this.#pace.ended(outcome, now);
  }

  #release(subjectId: string): void {
    const waiting = this.#subjects.get(subjectId);
    const next = waiting?.shift();
    if (next) this.#line(next).push(next);
    else this.#subjects.delete(subjectId);
  }

  /** Everything that waits to be sent, to be given back. What is in flight keeps its subject. */
  drain(): Held[] {
    this.drains += 1;
    const rest = [...this.#ready.drain(), ...this.#passing.drain()];
    for (const held of [...rest]) {
      if (held.delivery.attemptCount > 0) continue;
      rest.push(...(this.#subjects.get(held.delivery.subjectId) ?? []));
      this.#subjects.delete(held.delivery.subjectId);
    }
    for (const waiting of this.#subjects.values()) rest.push(...waiting.splice(0));
    return rest;
  }
}
