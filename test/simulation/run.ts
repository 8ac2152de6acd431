import { type CanonicalEvent, CONTRACTS, type Contract, resolveSubscription } from "@ticketrail/contracts";
import { createVault } from "../../packages/server/src/adapters/vault.ts";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import { idsFrom, isoTime, type NewId } from "../../packages/server/src/domain/id.ts";
import { createOrder } from "../../packages/server/src/domain/order.ts";
import { PLANS, type Store } from "../../packages/server/src/domain/store.ts";
import { ADMISSION } from "../../packages/server/src/engine/admission.ts";
import { createEngine } from "../../packages/server/src/engine/create.ts";
import type { Engine } from "../../packages/server/src/engine/engine.ts";
import type { SendOutcome, Transport } from "../../packages/server/src/engine/sender.ts";
import { signedSender } from "../../packages/server/src/engine/signed.ts";
import type { Audit, StoreDriver } from "../../packages/server/src/store/driver.ts";
import { Dice, World } from "./world.ts";

const START = Date.UTC(2026, 0, 18, 10, 30);
const HOUR = 3_600_000;
const vault = createVault(new Uint8Array(32).fill(7));

export interface Request {
  readonly endpointId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly body: string;
  readonly succeeded: boolean;
  readonly process: number;
}

/** One endpoint's weather. */
interface Behaviour {
  readonly failShare: number;
  readonly hangShare: number;
  readonly goneAt: number | null;
  readonly outage: readonly [from: number, to: number];
}

export interface Acknowledged {
  readonly eventId: string;
  readonly subjectId: string;
  /** Stands in every contract's body, and in no other event's. */
  readonly orderId: string;
}

/** Everything that one run did, for the ledger. */
export interface Run {
  readonly store: Store;
  readonly endpoints: readonly Endpoint[];
  /** Events whose accept was acknowledged, in that order. */
  readonly acknowledged: readonly Acknowledged[];
  readonly requests: readonly Request[];
  readonly crashes: number;
}

/** A year in miniature: flaky endpoints, bursts, and a process that dies between any two verbs. */
export async function simulate(seed: number, driver: StoreDriver): Promise<Run> {
  return new Simulation(seed, driver).run();
}

class Simulation {
  readonly #dice: Dice;
  readonly #world = new World(START);
  readonly #driver: StoreDriver;
  readonly #newId: NewId;
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #requests: Request[] = [];
  readonly #acknowledged: Acknowledged[] = [];
  #process = 0;
  #crashes = 0;
  #busy = 0;
  #engine: Engine | null = null;

  constructor(seed: number, driver: StoreDriver) {
    this.#dice = new Dice(seed);
    this.#driver = driver;
    this.#newId = idsFrom(this.#world, this.#dice);
  }

  async run(): Promise<Run> {
    const store = await this.#makeStore();
    const endpoints = await this.#makeEndpoints(store);
    await this.#boot();
    const span = this.#dice.pick([HOUR / 60, HOUR, 6 * HOUR]);
    // Bursts: what comes alone meets neither a full lane nor another event of its order.
    let index = 0;
    for (let burst = 1 + this.#dice.upTo(3); burst > 0; burst--) {
      const at = START + this.#dice.upTo(span);
      for (let size = 1 + this.#dice.upTo(6); size > 0; size--) {
        const mine = index++;
        this.#world.at(at, () => void this.#publish(store, mine));
      }
    }
    const deaths = this.#dice.upTo(4);
    for (let i = 0; i < deaths; i++) {
      this.#world.at(START + this.#dice.upTo(span), () => void this.#die());
    }
    await this.#world.run(START + span, this.#settle);
    // Longest table: Olympus, 34 hours and a half; then some for what was deferred.
    await this.#world.run(START + span + 60 * HOUR, this.#settle);
    this.#process = -1;
    return {
      store,
      endpoints,
      acknowledged: this.#acknowledged,
      requests: this.#requests,
      crashes: this.#crashes,
    };
  }

  /** Lets promises run until nothing is under way in the store or in the engine. */
  readonly #settle = async (): Promise<void> => {
    let quiet = 0;
    while (quiet < 2) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#busy === 0 ? quiet + 1 : 0;
    }
  };

  async #boot(): Promise<void> {
    const mine = ++this.#process;
    const alive = () => this.#process === mine;
    const engine = createEngine({
      driver: this.#gate(alive),
      sender: signedSender({
        transport: this.#transport(alive, mine),
        contracts: CONTRACTS,
        clock: this.#world,
        wallClock: this.#world,
      }),
      vault,
      contracts: CONTRACTS,
      clock: this.#world,
      timers: this.#world.timers(alive),
      newId: this.#newId,
      limits: { lane: { maxInFlight: 2, minInFlight: 1, window: 4 }, maxInFlight: 4, window: 6 },
      retryScale: 1,
      retentionMs: 90 * 24 * HOUR,
      sweepMs: 6 * HOUR,
      jobs: [],
      exclusive: true,
      admission: ADMISSION,
      load: () => 0,
      onAccepted: () => undefined,
      onAttempt: () => undefined,
      onDeactivated: () => undefined,
      onTrouble: (error) => {
        throw error;
      },
    });
    await engine.start();
    if (alive()) this.#engine = engine;
  }

  /** kill -9: no promise of this process ever resolves again, and a new one starts a second later. */
  async #die(): Promise<void> {
    this.#crashes += 1;
    this.#engine = null;
    this.#process += 1;
    this.#world.at(this.#world.now() + 1_000, () => void this.#boot());
  }

  /** The store as one process sees it: what it asked for before its death may have happened, but it never learns. */
  #gate(alive: () => boolean): StoreDriver {
    const never = new Promise<never>(() => undefined);
    return new Proxy(this.#driver, {
      get: (driver, verb) => {
        const real = Reflect.get(driver, verb) as (...input: unknown[]) => Promise<unknown>;
        if (typeof real !== "function") return real;
        return async (...input: unknown[]) => {
          if (!alive()) return never;
          this.#busy += 1;
          try {
            const result = await real.apply(driver, input);
            return alive() ? result : never;
          } finally {
            this.#busy -= 1;
          }
        };
      },
    });
  }

  #transport(alive: () => boolean, process: number): Transport {
    return {
      close: async () => undefined,
      send: ({ url, body }) => {
        const endpointId = new URL(url).pathname.slice(1);
        const outcome = this.#weather(endpointId);
        const startedAt = this.#world.now();
        return new Promise((resolve) => {
          this.#world.at(startedAt + outcome.durationMs, () => {
            this.#requests.push({
              endpointId,
              startedAt,
              endedAt: this.#world.now(),
              body,
              succeeded: outcome.error === null,
              process,
            });
            if (alive()) resolve(outcome);
          });
        });
      },
    };
  }

  #weather(endpointId: string): SendOutcome {
    const behaviour = this.#behaviours.get(endpointId) as Behaviour;
    const now = this.#world.now();
    const down = now >= behaviour.outage[0] && now < behaviour.outage[1];
    if (behaviour.goneAt !== null && now >= behaviour.goneAt) return failure(410, 20);
    if (down) return { ...failure(null, 5), error: "connection_refused" };
    if (this.#dice.roll() < behaviour.hangShare) return { ...failure(null, 10_000), error: "timeout" };
    if (this.#dice.roll() >= behaviour.failShare) {
      return { statusCode: 200, error: null, durationMs: 1 + this.#dice.upTo(300), retryAfterMs: null };
    }
    const status = this.#dice.pick([500, 503, 429, 302, 404]);
    return { ...failure(status, 30), retryAfterMs: status === 429 ? this.#dice.upTo(600_000) : null };
  }

  async #publish(store: Store, index: number): Promise<void> {
    const engine = this.#engine;
    if (!engine) return;
    const now = this.#world.now();
    const subjectId = `${store.id}-table-${this.#dice.upTo(2)}`;
    const orderId = `ord-${store.id}-${String(index).padStart(3, "0")}`;
    const { order } = createOrder(
      {
        items: [{ name: `Item ${index}`, quantity: 1, unitMinor: 100 }],
        totals: { subtotalMinor: 100, totalMinor: 100 },
      },
      store,
      orderId,
      this.#newId,
      now,
    );
    const event: CanonicalEvent = {
      id: this.#newId("evt_"),
      type: "order.created",
      tenantId: store.tenantId,
      storeId: store.id,
      createdAt: isoTime(now),
      data: order,
    };
    if (await engine.publish(event, store, subjectId)) {
      this.#acknowledged.push({ eventId: event.id, subjectId, orderId });
    }
  }

  #audit(): Audit {
    return {
      id: this.#newId("aud_"),
      at: this.#world.now(),
      actor: "operator",
      action: "simulate",
      storeId: null,
      targetId: "",
    };
  }

  #makeStore(): Promise<Store> {
    const id = this.#newId("store_");
    return this.#driver.createStore(
      {
        id,
        tenantId: `ten_${id}`,
        name: "Simulated",
        externalId: null,
        currency: "EUR",
        exponent: 2,
        timezone: "UTC",
        plan: this.#dice.pick(PLANS),
        acceptWithinMinutes: 10,
        createdAt: START,
      },
      this.#audit(),
    );
  }

  async #makeEndpoints(store: Store): Promise<Endpoint[]> {
    const endpoints: Endpoint[] = [];
    const count = 1 + this.#dice.upTo(3);
    for (let i = 0; i < count; i++) {
      const contract = this.#dice.pick(CONTRACTS);
      endpoints.push(await this.#makeEndpoint(store, contract));
    }
    return endpoints;
  }

  async #makeEndpoint(store: Store, contract: Contract): Promise<Endpoint> {
    const id = this.#newId("wh_");
    const resolved = resolveSubscription(contract, ["*"]);
    if (!resolved.ok) throw new Error(`${contract.name} has no events`);
    const secret = contract.signing.newSecret(this.#dice.bytes(32));
    const downFrom = START + this.#dice.upTo(2 * HOUR);
    const outage = this.#dice.roll() < 0.3;
    this.#behaviours.set(id, {
      failShare: this.#dice.pick([0, 0, 0, 0.3, 0.5, 1]),
      hangShare: this.#dice.pick([0, 0, 0, 0.2]),
      goneAt: this.#dice.roll() < 0.05 ? START + this.#dice.upTo(HOUR) : null,
      outage: outage ? [downFrom, downFrom + this.#dice.upTo(4 * HOUR)] : [0, 0],
    });
    const endpoint: Endpoint = {
      id,
      tenantId: store.tenantId,
      storeId: store.id,
      contract: contract.name,
      url: `https://receiver.example/${id}`,
      events: ["*"],
      canonical: resolved.canonical,
      secrets: [{ sealed: vault.seal(secret, id), expiresAt: null }],
      encoding: contract.signing.encodings[0] ?? "hex",
      headers: {},
      state: "active",
      disabledReason: null,
      version: 1,
      createdAt: START,
    };
    const made = await this.#driver.createEndpoint(endpoint, false, this.#audit());
    if (made === "taken") throw new Error("The URL is taken.");
    return made;
  }
}

const failure = (statusCode: number | null, durationMs: number): SendOutcome => ({
  statusCode,
  error: "http_status",
  durationMs,
  retryAfterMs: null,
});
