import { type CanonicalEvent, CONTRACTS, contractNamed, resolveSubscription } from "@ticketrail/contracts";
import { createVault } from "../../packages/server/src/adapters/vault.ts";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import { idsFrom, isoTime } from "../../packages/server/src/domain/id.ts";
import { createOrder } from "../../packages/server/src/domain/order.ts";
import type { Plan, Store } from "../../packages/server/src/domain/store.ts";
import { ADMISSION } from "../../packages/server/src/engine/admission.ts";
import { createEngine, type EngineParts } from "../../packages/server/src/engine/create.ts";
import type { Engine } from "../../packages/server/src/engine/engine.ts";
import { JOBS } from "../../packages/server/src/engine/jobs.ts";
import { DEFAULT_LIMITS } from "../../packages/server/src/engine/limits.ts";
import type { SendOutcome, SendRequest, Transport } from "../../packages/server/src/engine/sender.ts";
import { signedSender } from "../../packages/server/src/engine/signed.ts";
import type { Audit, DeliveryFilter, StoreDriver } from "../../packages/server/src/store/driver.ts";
import { Dice, World } from "../simulation/world.ts";
import type { TestStore } from "../stores.ts";
import { Underway } from "../underway.ts";

export const HOUR = 3_600_000;
export const START = Date.UTC(2026, 0, 18, 10, 30);
export const vault = createVault(new Uint8Array(32).fill(7));
export const OK: SendOutcome = { statusCode: 200, error: null, durationMs: 5, retryAfterMs: null };
export const status = (statusCode: number): SendOutcome => ({ ...OK, statusCode, error: "http_status" });

export interface Sent extends SendRequest {
  readonly at: number;
}

/** The real engine on a real store, with a clock that is moved by hand and a receiver that answers as it is told. */
export class Rig {
  readonly #store: TestStore;
  readonly driver: StoreDriver;
  readonly dice = new Dice(7);
  readonly world = new World(START);
  readonly newId = idsFrom(this.world, this.dice);
  readonly sent: Sent[] = [];
  readonly deactivated: string[] = [];
  /** Verbs in the order they were called, and those that fail for now. */
  readonly calls: string[] = [];
  readonly broken = new Set<string>();
  /** Done before a verb is carried out. */
  readonly before = new Map<string, () => Promise<unknown>>();
  /** Those that are carried out, and whose answer does not arrive. */
  readonly lost = new Set<string>();
  engine!: Engine;
  /** By how much the machine's clock has been moved since the hub started. */
  wallAheadMs = 0;
  /** What the receiver answers. */
  answer: (request: Sent) => SendOutcome | Promise<SendOutcome> = () => OK;
  #process = 0;
  /** Every five minutes is often enough where an hour is a moment. */
  #jobMs = 5 * 60_000;
  #undisturbed = false;
  protected readonly underway = new Underway();

  constructor(store: TestStore) {
    this.#store = store;
    this.driver = store.driver;
  }

  async start(): Promise<this> {
    await this.boot();
    return this;
  }

  async remove(): Promise<void> {
    this.#process += 1;
    await this.#store.remove();
  }

  /** Another process takes over; the one before it is gone without a word. */
  async boot(): Promise<void> {
    const mine = ++this.#process;
    const alive = () => this.#process === mine;
    this.engine = this.build(this.#transport(), {
      driver: this.#counted(),
      timers: this.world.timers(alive),
    });
    await this.engine.start();
    await this.settle();
  }

  /**
   * From here on jobs come once a day, and the store is not asked three times a minute for leases that have run out:
   * days pass quickly for what neither has a part in.
   */
  async undisturbed(): Promise<void> {
    this.#jobMs = 24 * HOUR;
    this.#undisturbed = true;
    await this.boot();
  }

  /** An engine of one's own, as `parts` have it. */
  protected build(
    transport: Transport,
    parts: Pick<EngineParts, "driver" | "timers"> & Partial<EngineParts>,
  ) {
    return createEngine({
      neighbours: null,
      sender: signedSender({
        transport,
        contracts: CONTRACTS,
        clock: this.world,
        wallClock: { now: () => this.world.now() + this.wallAheadMs },
      }),
      vault,
      contracts: CONTRACTS,
      clock: this.world,
      newId: this.newId,
      limits: DEFAULT_LIMITS,
      retryScale: 1,
      retentionMs: 30 * 24 * HOUR,
      sweepMs: HOUR,
      jobs: JOBS.map((job) => ({ ...job, everyMs: Math.max(job.everyMs, this.#jobMs) })),
      exclusive: true,
      sends: true,
      admission: ADMISSION,
      load: () => 0,
      onAccepted: () => undefined,
      onAttempt: () => undefined,
      onDeactivated: ({ endpoint }) => this.deactivated.push(endpoint.id),
      onTrouble: (error) => {
        if (this.broken.size + this.lost.size === 0) throw error;
      },
      ...parts,
    });
  }

  #transport(): Transport {
    return {
      close: async () => undefined,
      send: async (request) => {
        const sent = { ...request, at: this.world.now() };
        this.sent.push(sent);
        return this.answer(sent);
      },
    };
  }

  #counted(): StoreDriver {
    return new Proxy(this.driver, {
      get: (driver, verb) => {
        const real = Reflect.get(driver, verb) as (...input: unknown[]) => Promise<unknown>;
        // They come by the wall's time.
        if (verb === "hints" || verb === "presence") return null;
        if (verb === "recoverLeases" && this.#undisturbed) return async () => 0;
        return async (...input: unknown[]) => {
          this.calls.push(String(verb));
          if (this.broken.has(String(verb))) throw new Error(`${String(verb)} is broken`);
          await this.before.get(String(verb))?.();
          const result = await this.underway.during(() => real.apply(driver, input));
          if (this.lost.has(String(verb))) throw new Error(`The answer of ${String(verb)} is lost`);
          return result;
        };
      },
    });
  }

  settle(): Promise<void> {
    return this.underway.settle();
  }

  /** Lets the hub work until so much time has passed. */
  pass(ms: number): Promise<void> {
    return this.world.run(this.world.now() + ms, this.underway.settle);
  }

  audit(action: string): Audit {
    return {
      id: this.newId("aud_"),
      at: this.world.now(),
      actor: "operator",
      action,
      storeId: null,
      targetId: "",
    };
  }

  store(plan: Plan = "enterprise"): Promise<Store> {
    const id = this.newId("store_");
    return this.driver.createStore(
      {
        id,
        tenantId: `ten_${id}`,
        name: "Trattoria",
        externalId: "pos-1",
        currency: "EUR",
        exponent: 2,
        timezone: "Europe/Rome",
        plan,
        acceptWithinMinutes: 10,
        createdAt: this.world.now(),
      },
      this.audit("store.create"),
    );
  }

  async endpoint(store: Store, contractName: string, changes: Partial<Endpoint> = {}): Promise<Endpoint> {
    const contract = contractNamed(contractName);
    if (!contract) throw new Error(`There is no contract ${contractName}.`);
    const id = this.newId("wh_");
    const resolved = resolveSubscription(contract, ["*"]);
    if (!resolved.ok) throw new Error("A contract without events.");
    const secret = contract.signing.newSecret(this.dice.bytes(32));
    const endpoint: Endpoint = {
      id,
      tenantId: store.tenantId,
      storeId: store.id,
      contract: contractName,
      url: `https://receiver.example/${id}`,
      events: ["*"],
      canonical: resolved.canonical,
      secrets: [{ sealed: vault.seal(secret, id), expiresAt: null }],
      encoding: contract.signing.encodings[0] ?? "hex",
      headers: {},
      state: "active",
      disabledReason: null,
      version: 1,
      createdAt: this.world.now(),
      ...changes,
    };
    const made = await this.driver.createEndpoint(endpoint, false, this.audit("endpoint.create"));
    if (made === "taken") throw new Error("The URL is taken.");
    this.engine.wake(store.id, id);
    await this.settle();
    return made;
  }

  async change(id: string, changes: Parameters<StoreDriver["updateEndpoint"]>[2]): Promise<void> {
    const found = await this.driver.getEndpoint(id);
    if (!found) throw new Error(`There is no endpoint ${id}.`);
    const { version, storeId } = found.endpoint;
    await this.driver.updateEndpoint(id, version, changes, false, this.audit("endpoint.update"));
    this.engine.wake(storeId, id);
    await this.settle();
  }

  /** One order event of the platform's own; answers the event's id. */
  async publish(
    store: Store,
    engine = this.engine,
    subjectId: string | null = null,
    name = "Margherita",
  ): Promise<string> {
    const orderId = this.newId("ord_");
    const input = {
      items: [{ name, quantity: 1, unitMinor: 890 }],
      totals: { subtotalMinor: 890, totalMinor: 890 },
    };
    const { order } = createOrder(input, store, orderId, this.newId, this.world.now());
    const event: CanonicalEvent = {
      id: this.newId("evt_"),
      type: "order.created",
      tenantId: store.tenantId,
      storeId: store.id,
      createdAt: isoTime(this.world.now()),
      data: order,
    };
    await engine.publish(event, store, subjectId ?? orderId);
    return event.id;
  }

  /** All at once; accepted in the order of the ids that are answered. */
  publishMany(store: Store, count: number): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => this.publish(store)));
  }

  async deliveries(filter: Partial<DeliveryFilter> = {}) {
    const { rows } = await this.driver.listDeliveries(
      { limit: 100, cursor: null, ...filter },
      this.world.now(),
    );
    return rows;
  }

  count(endpointId: string) {
    return this.driver.countDeliveries({ endpointId });
  }
}
