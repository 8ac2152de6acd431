import type { SendOutcome, SendRequest } from "../../packages/server/src/engine/sender.ts";
import type { Ledger } from "./ledger.ts";
import type { Scenario } from "./scenario.ts";
import type { Dice, World } from "./world.ts";

/** How one endpoint fares while there is trouble. */
interface Behaviour {
  readonly failShare: number;
  readonly hangShare: number;
  readonly goneShare: number;
  readonly outage: readonly [from: number, to: number];
}

const HANG_MS = 10_000;
export const LONGEST_RETRY_AFTER_MS = 60_000;
const RECEIVER = /^https:\/\/receiver\.example\/(\d+)\//;
const ORDER_ID = /ord-store_[0-9a-z]+-\d+/;

/** Everybody who is sent something: answers as it goes, and tells the ledger what it got. */
export class Receivers {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #ledger: Ledger;
  readonly #scenario: Scenario;
  readonly #behaviours: Behaviour[] = [];
  readonly #endpointIds = new Map<string, string>();
  #urls = 0;

  constructor(world: World, dice: Dice, ledger: Ledger, scenario: Scenario) {
    this.#world = world;
    this.#dice = dice;
    this.#ledger = ledger;
    this.#scenario = scenario;
  }

  /** A new receiver; returns its number. */
  open(): number {
    const { start, calmAt } = this.#scenario;
    const dice = this.#dice;
    const span = calmAt - start;
    const downFrom = start + dice.upTo(span);
    return (
      this.#behaviours.push({
        failShare: dice.pick([0, 0, 0, 0.3, 0.5, 1]),
        hangShare: dice.pick([0, 0, 0, 0.2]),
        goneShare: dice.pick([0, 0, 0.1]),
        outage: dice.roll() < 0.3 ? [downFrom, downFrom + dice.upTo(span)] : [0, 0],
      }) - 1
    );
  }

  /** A URL that leads to the receiver, and that nobody had before. */
  url(receiver: number): string {
    return `https://receiver.example/${receiver}/${this.#urls++}`;
  }

  receive(request: SendRequest, process: number, answer: (outcome: SendOutcome) => void): void {
    const outcome = this.#weather(Number(RECEIVER.exec(request.url)?.[1]));
    const startedAt = this.#world.now();
    const endedAt = startedAt + outcome.durationMs;
    this.#ledger.request({
      ...request,
      endpointId: this.#endpointOf(request.url),
      orderId: ORDER_ID.exec(request.body)?.[0] ?? "",
      startedAt,
      endedAt,
      succeeded: outcome.error === null,
      process,
    });
    this.#world.at(endedAt, () => answer(outcome));
  }

  #endpointOf(url: string): string {
    const known = this.#endpointIds.get(url);
    if (known !== undefined) return known;
    for (const [id, versions] of this.#ledger.endpoints) {
      if (!versions.some(({ endpoint }) => endpoint.url === url)) continue;
      this.#endpointIds.set(url, id);
      return id;
    }
    return "";
  }

  #weather(receiver: number): SendOutcome {
    const dice = this.#dice;
    const now = this.#world.now();
    const behaviour = this.#behaviours[receiver];
    const fine = () => ({ statusCode: 200, error: null, durationMs: 1 + dice.upTo(300), retryAfterMs: null });
    if (!behaviour || now >= this.#scenario.calmAt) return fine();
    const { failShare, hangShare, goneShare, outage } = behaviour;
    if (now >= outage[0] && now < outage[1]) return { ...failure(null, 5), error: "connection_refused" };
    if (dice.roll() < hangShare) return { ...failure(null, HANG_MS), error: "timeout" };
    if (dice.roll() >= failShare) return fine();
    if (dice.roll() < goneShare) return failure(410, 20);
    const status = dice.pick([500, 503, 429, 302, 404]);
    return {
      ...failure(status, 30),
      retryAfterMs: status === 429 ? dice.upTo(LONGEST_RETRY_AFTER_MS) : null,
    };
  }
}

const failure = (statusCode: number | null, durationMs: number): SendOutcome => ({
  statusCode,
  error: "http_status",
  durationMs,
  retryAfterMs: null,
});
