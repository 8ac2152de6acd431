import type { NewDelivery, NewEvent, SaveOrderInput } from "../driver.ts";
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  EVENT_COLUMNS,
  type EventRow,
  ORDER_COLUMNS,
  type OrderRow,
} from "./intake-rows.ts";
import type { Known, KnownStore } from "./known.ts";
import type { Numbers } from "./numbers.ts";
import { arrayOf } from "./values.ts";

/** One call: an order with what it causes, or events alone. */
export interface Intake {
  readonly order: SaveOrderInput | null;
  readonly events: readonly NewEvent[];
}

/** The rows of a group as the arrays that \`intake_4\` takes. */
export class Columns {
  readonly #known: Known;
  readonly #numbers: Numbers;
  readonly #orders: OrderRow[] = [];
  readonly #events: EventRow[] = [];
  readonly #deliveries: DeliveryRow[] = [];
  readonly #leases = new Map<string, number>();
  /** Endpoint and subject of what this group queues. */
  readonly #queued = new Set<string>();

  constructor(known: Known, numbers: Numbers) {
    this.#known = known;
    this.#numbers = numbers;
  }

  /** Throws where the call names what is not there; then nothing of it has been added. */
  async add({ order, events }: Intake): Promise<Added> {
    const rows = events.map((input) => this.#check(input));
    const firstEvent = this.#events.length;
    if (order) {
      const store = this.#store(order.order.storeId);
      const num = await this.#numbers.take(2);
      this.#orders.push({ input: order, num, tenant: store.tenant, store: store.num });
    }
    const deliveries: DeliveryRow[] = [];
    for (const row of rows) deliveries.push(...(await this.#addEvent(row, order ? this.#orders.length : 0)));
    return { order: order ? this.#orders.length - 1 : null, firstEvent, deliveries };
  }

  values(): Buffer[] {
    return [
      ...ORDER_COLUMNS.map((column) => column(this.#orders)),
      ...EVENT_COLUMNS.map((column) => column(this.#events)),
      ...DELIVERY_COLUMNS.map((column) => column(this.#deliveries)),
      arrayOf("text", [...this.#leases.keys()]),
      arrayOf("int8", [...this.#leases.values()]),
    ];
  }

  #check(input: NewEvent): Checked {
    const store = this.#store(input.event.storeId);
    const offsets = new Map<string, readonly [from: number, length: number]>();
    let from = 0;
    const bodies = input.payloads.map(({ contract, type, body }) => {
      const bytes = Buffer.from(body);
      offsets.set(`${contract} ${type}`, [from, bytes.length]);
      from += bytes.length;
      return bytes;
    });
    const parts = input.deliveries.map((delivery) => {
      const endpoint = this.#known.endpoint(delivery.endpointId);
      if (!endpoint) throw new Error(`There is no endpoint ${delivery.endpointId}.`);
      const part = offsets.get(`${delivery.contract} ${delivery.eventType}`);
      if (!part) {
        throw new Error(
          `Delivery ${delivery.id} has no payload of ${delivery.contract} ${delivery.eventType}.`,
        );
      }
      return { delivery, endpoint: endpoint.num, part };
    });
    return {
      input,
      store,
      parts,
      bodies: bodies.length === 1 ? (bodies[0] as Buffer) : Buffer.concat(bodies),
    };
  }

  async #addEvent({ input, store, parts, bodies }: Checked, order: number): Promise<DeliveryRow[]> {
    const taken = this.#numbers.take(1 + parts.length);
    const num = typeof taken === "number" ? taken : await taken;
    this.#events.push({ input, order, num, tenant: store.tenant, store: store.num, bodies });
    const position = this.#events.length;
    const rows = parts.map(({ delivery, endpoint, part: [from, length] }, index): DeliveryRow => {
      const lane = `${endpoint} ${input.event.subjectId}`;
      const ifFirst = delivery.ifFirst === true && !delivery.test;
      const handOff = delivery.handOff && !(ifFirst && this.#queued.has(lane));
      const asks = ifFirst && !delivery.handOff && !this.#queued.has(lane);
      if (handOff) this.#leases.set(input.lease.token, input.lease.until);
      else this.#queued.add(lane);
      const isCounted = handOff && !delivery.test && input.quota.limit !== null;
      return {
        delivery,
        position,
        num: num + 1 + index,
        event: num,
        tenant: store.tenant,
        store: store.num,
        createdAt: input.event.createdAt,
        endpoint,
        from,
        length,
        lease: handOff ? input.lease.token : null,
        hour: input.quota.hour,
        limit: isCounted ? input.quota.limit : null,
        ifFirst: ifFirst && (handOff || asks),
      };
    });
    this.#deliveries.push(...rows);
    return rows;
  }

  #store(id: string): KnownStore {
    const store = this.#known.store(id);
    if (!store) throw new Error(`There is no store ${id}.`);
    return store;
  }
}

/** Where a call's rows stand in the group. */
export interface Added {
  readonly order: number | null;
  readonly firstEvent: number;
  readonly deliveries: readonly DeliveryRow[];
}

interface Checked {
  readonly input: NewEvent;
  readonly store: KnownStore;
  readonly parts: readonly {
    readonly delivery: NewDelivery;
    readonly endpoint: number;
    readonly part: readonly [from: number, length: number];
  }[];
  readonly bodies: Buffer;
}
