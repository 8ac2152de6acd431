import type { Order } from "@ticketrail/contracts";
import { afterEach, beforeEach } from "vitest";
import type { Attempt } from "../../domain/delivery.ts";
import type { Endpoint } from "../../domain/endpoint.ts";
import { HOUR_MS, hourOf, type KeyRecord, type Store } from "../../domain/store.ts";
import type {
  AttemptRecord,
  Audit,
  ClaimInput,
  ClaimResult,
  DeliveryDetail,
  NewEvent,
  Settlement,
  StoreDriver,
} from "../driver.ts";

export interface Opened {
  readonly driver: StoreDriver;
  /** As after kill -9: what was acknowledged is there, the driver before is not used again. */
  reopen(): Promise<StoreDriver>;
  close(): Promise<void>;
}
export type Open = () => Promise<Opened>;

/** The first millisecond of a clock hour. */
export const T0 = 486_000 * HOUR_MS;

export interface Publication {
  readonly event: NewEvent;
  readonly eventId: string;
  readonly deliveryIds: readonly string[];
  readonly placed: readonly string[];
}

/** A driver with short ways to put things into it. Ids and times are made up in order, so that nothing is random. */
export class World {
  driver: StoreDriver;
  readonly #opened: Opened;
  #count = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.driver = opened.driver;
  }

  async crash(): Promise<StoreDriver> {
    this.driver = await this.#opened.reopen();
    return this.driver;
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  id(prefix: string): string {
    return `${prefix}${String(++this.#count).padStart(8, "0")}`;
  }

  audit(action = "test", storeId: string | null = null, targetId = "target"): Audit {
    return { id: this.id("aud_"), at: T0, actor: "operator", action, storeId, targetId };
  }

  aStore(over: Partial<Store> = {}): Store {
    return {
      id: this.id("store_"),
      tenantId: "ten_1",
      externalId: null,
      currency: "EUR",
      exponent: 2,
      name: "Trattoria",
      timezone: "Europe/Rome",
      plan: "starter",
      acceptWithinMinutes: 10,
      createdAt: T0,
      ...over,
    };
  }

  async store(over: Partial<Store> = {}): Promise<Store> {
    const store = this.aStore(over);
    return this.driver.createStore(store, this.audit("store.create", store.id, store.id));
  }

  anEndpoint(store: Store, over: Partial<Endpoint> = {}): Endpoint {
    const id = this.id("wh_");
    return {
      id,
      tenantId: store.tenantId,
      storeId: store.id,
      contract: "standard",
      url: `https://receiver.example/${id}`,
      events: ["order.created"],
      canonical: ["order.created"],
      secrets: [{ sealed: "sealed", expiresAt: null }],
      encoding: "hex",
      headers: {},
      state: "active",
      disabledReason: null,
      version: 1,
      createdAt: T0,
      ...over,
    };
  }

  async endpoint(store: Store, over: Partial<Endpoint> = {}): Promise<Endpoint> {
    const endpoint = this.anEndpoint(store, over);
    const made = await this.driver.createEndpoint(endpoint, false, this.audit("endpoint.create", store.id));
    if (made === "taken") throw new Error("The endpoint's URL is taken.");
    return made;
  }

  aKey(store: Store, over: Partial<KeyRecord> = {}): KeyRecord {
    const id = this.id("key_");
    return {
      id,
      storeId: store.id,
      contract: "standard",
      scopes: [],
      hash: `hash of ${id}`,
      client: null,
      createdAt: T0,
      ...over,
    };
  }

  anOrder(store: Store, over: Partial<Order> = {}): Order {
    return {
      id: this.id("ord_"),
      displayNumber: "17",
      tenantId: store.tenantId,
      storeId: store.id,
      currency: store.currency,
      exponent: store.exponent,
      source: { contract: null, deliveryId: null, externalId: null },
      channel: "web",
      status: "pending",
      version: 1,
      customer: null,
      fulfilment: null,
      items: [],
      summary: "One Margherita, and a “große” Cola 🥤",
      conversationId: null,
      totals: { subtotalMinor: 900, taxMinor: 0, deliveryFeeMinor: 0, discountMinor: 0, totalMinor: 900 },
      payments: [],
      notes: null,
      posRef: null,
      reason: null,
      createdAt: new Date(T0).toISOString(),
      updatedAt: new Date(T0).toISOString(),
      acceptBy: null,
      timestamps: {},
      extensions: {},
      ...over,
    };
  }

  /** An event for these endpoints, handed off unless told otherwise, without a quota unless given one. */
  anEvent(store: Store, endpoints: readonly Endpoint[], over: EventOptions = {}): NewEvent {
    const {
      at = T0,
      handOff = true,
      ifFirst = false,
      test = false,
      token = "lease_a",
      limit = null,
      version = null,
    } = over;
    const id = over.id ?? this.id("evt_");
    const contracts = [...new Set(endpoints.map(({ contract }) => contract))];
    return {
      event: {
        id,
        type: "order.created",
        tenantId: store.tenantId,
        storeId: store.id,
        subjectId: over.subjectId ?? id,
        createdAt: at,
        data: JSON.stringify({ id, note: "naïve “quotes” \u0001" }),
      },
      payloads: contracts.map((contract) => ({
        contract,
        type: "order.created",
        body: bodyOf(id, contract),
      })),
      deliveries: endpoints.map((endpoint) => ({
        id: this.id("del_"),
        endpointId: endpoint.id,
        contract: endpoint.contract,
        eventType: "order.created",
        handOff,
        ifFirst,
        test,
      })),
      endpointsVersion: version,
      lease: { token, until: at + 30_000 },
      quota: { hour: hourOf(at), limit },
    };
  }

  async publish(store: Store, endpoints: readonly Endpoint[], over: EventOptions = {}): Promise<Publication> {
    const event = this.anEvent(store, endpoints, over);
    const result = await this.driver.acceptEvent(event);
    if (result.kind !== "accepted") throw new Error(`The event was not accepted: ${result.kind}.`);
    return {
      event,
      eventId: event.event.id,
      deliveryIds: event.deliveries.map(({ id }) => id),
      placed: result.placements.map(({ placed }) => placed),
    };
  }

  /** One delivery for one endpoint; its id. */
  async publishOne(store: Store, endpoint: Endpoint, over: EventOptions = {}): Promise<string> {
    const { deliveryIds } = await this.publish(store, [endpoint], over);
    return deliveryIds[0] ?? "";
  }

  async queue(store: Store, endpoint: Endpoint, over: EventOptions = {}): Promise<string> {
    return this.publishOne(store, endpoint, { handOff: false, ...over });
  }

  claim(store: Store, endpoints: readonly Endpoint[], over: ClaimOptions = {}): Promise<ClaimResult> {
    const { now = T0, max = 100, limit = null, token = "lease_b", holder = null, except = [] } = over;
    const input: ClaimInput = {
      now,
      holder,
      lease: { token, until: now + 30_000 },
      storeId: store.id,
      lanes: endpoints.map(({ id }) => ({ endpointId: id, max })),
      quota: { hour: hourOf(now), limit },
      except,
    };
    return this.driver.claimDue(input);
  }

  anAttempt(over: Partial<Attempt> = {}): Attempt {
    return { number: 1, at: T0 + 50, statusCode: 200, error: null, durationMs: 50, ...over };
  }

  aRecord(deliveryId: string, endpoint: Endpoint, over: RecordOptions = {}): AttemptRecord {
    const { settlement = { status: "delivered" }, token = "lease_a", test = false } = over;
    const failed = settlement.status !== "delivered";
    return {
      deliveryId,
      endpointId: endpoint.id,
      token,
      attempt: this.anAttempt({
        ...(failed ? { statusCode: 500, error: "http_status" as const } : {}),
        ...over.attempt,
      }),
      settlement,
      test,
    };
  }

  async settle(deliveryId: string, endpoint: Endpoint, over: RecordOptions = {}): Promise<boolean> {
    const [applied] = await this.driver.recordAttempts([this.aRecord(deliveryId, endpoint, over)]);
    return applied ?? false;
  }

  async delivery(id: string, now = T0): Promise<DeliveryDetail> {
    const delivery = await this.driver.getDelivery(id, now);
    if (!delivery) throw new Error(`There is no delivery ${id}.`);
    return delivery;
  }

  /** A delivery that was given up on after one attempt. */
  async deadLetter(store: Store, endpoint: Endpoint, over: EventOptions = {}): Promise<string> {
    const id = await this.publishOne(store, endpoint, over);
    await this.settle(id, endpoint, { settlement: { status: "dead_letter", refused: false }, ...over });
    return id;
  }
}

export const bodyOf = (eventId: string, contract: string): string =>
  JSON.stringify({ id: eventId, contract, text: 'a "quoted" née 漢字 🍕' });

export interface EventOptions {
  readonly id?: string;
  readonly at?: number;
  readonly handOff?: boolean;
  readonly ifFirst?: boolean;
  readonly test?: boolean;
  readonly token?: string;
  readonly limit?: number | null;
  readonly version?: number | null;
  readonly subjectId?: string;
}

export interface ClaimOptions {
  readonly now?: number;
  readonly holder?: string | null;
  readonly max?: number;
  readonly limit?: number | null;
  readonly token?: string;
  readonly except?: readonly string[];
}

export interface RecordOptions {
  readonly settlement?: Settlement;
  readonly token?: string | null;
  readonly test?: boolean;
  readonly attempt?: Partial<Attempt>;
}

export const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

/** A fresh world for every test of the enclosing describe. */
export function useWorld(open: Open): { readonly world: World } {
  const held: { current: World | null } = { current: null };
  beforeEach(async () => {
    held.current = new World(await open());
  });
  afterEach(async () => {
    await held.current?.close();
    held.current = null;
  });
  return {
    get world() {
      if (!held.current) throw new Error("The world is there only while a test runs.");
      return held.current;
    },
  };
}
