import type { NewDelivery, NewEvent, Placement, SaveOrderInput } from "../driver.ts";
import type { Known, KnownStore } from "./known.ts";
import type { Numbers } from "./numbers.ts";
import { arrayOf } from "./values.ts";

/** One call: an order with what it causes, or events alone. */
export interface Intake {
  readonly order: SaveOrderInput | null;
  readonly events: readonly NewEvent[];
}

/** `gate` of a delivery that waits unleased: what it needs before it may go. */
export const GATE = { needsQuota: 0, free: 1, counted: 2 } as const;

/** The rows of a group as the arrays that \`intake_1\` takes. */
export class Columns {
  readonly #known: Known;
  readonly #numbers: Numbers;
  readonly #orders: OrderRow[] = [];
  readonly #events: EventRow[] = [];
  readonly #deliveries: DeliveryRow[] = [];
  readonly #leases = new Map<string, number>();

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
      ...orderColumns(this.#orders),
      ...eventColumns(this.#events),
      ...deliveryColumns(this.#deliveries),
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
      if (delivery.handOff) this.#leases.set(input.lease.token, input.lease.until);
      const isCounted = delivery.handOff && !delivery.test && input.quota.limit !== null;
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
        lease: delivery.handOff ? input.lease.token : null,
        hour: input.quota.hour,
        limit: isCounted ? input.quota.limit : null,
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

interface OrderRow {
  readonly input: SaveOrderInput;
  /** Its own; the next one is its audit row's. */
  readonly num: number;
  readonly tenant: number;
  readonly store: number;
}

interface EventRow {
  readonly input: NewEvent;
  /** Position of its order from 1; 0: none. */
  readonly order: number;
  readonly num: number;
  readonly tenant: number;
  readonly store: number;
  readonly bodies: Buffer;
}

interface DeliveryRow {
  readonly delivery: NewDelivery;
  /** Of its event, from 1. */
  readonly position: number;
  readonly num: number;
  readonly event: number;
  readonly tenant: number;
  readonly store: number;
  readonly createdAt: number;
  readonly endpoint: number;
  readonly from: number;
  readonly length: number;
  readonly lease: string | null;
  readonly hour: number;
  /** Null where it needs no quota now. */
  readonly limit: number | null;
}

export function placementOf({ delivery, num }: DeliveryRow, denied: ReadonlySet<number>): Placement {
  const placed = !delivery.handOff ? "queued" : denied.has(num) ? "rate_limited" : "leased";
  return { deliveryId: delivery.id, placed };
}

const orderColumns = (rows: readonly OrderRow[]): Buffer[] => {
  const orders = rows.map(({ input }) => input.order);
  const audits = rows.map(({ input }) => input.audit);
  return [
    arrayOf(
      "int8",
      rows.map(({ num }) => num),
    ),
    arrayOf(
      "int8",
      rows.map(({ tenant }) => tenant),
    ),
    arrayOf(
      "int8",
      rows.map(({ store }) => store),
    ),
    arrayOf(
      "int8",
      orders.map(({ createdAt }) => Date.parse(createdAt)),
    ),
    arrayOf(
      "text",
      orders.map(({ id }) => id),
    ),
    arrayOf(
      "text",
      orders.map(({ status }) => status),
    ),
    arrayOf(
      "int4",
      orders.map(({ version }) => version),
    ),
    arrayOf(
      "int4",
      rows.map(({ input }) => input.expectedVersion ?? 0),
    ),
    arrayOf(
      "text",
      orders.map(({ source }) => source.contract),
    ),
    arrayOf(
      "text",
      orders.map(({ source }) => source.deliveryId),
    ),
    arrayOf(
      "text",
      orders.map(({ source }) => source.externalId),
    ),
    arrayOf(
      "int8",
      orders.map(({ acceptBy }) => (acceptBy === null ? null : Date.parse(acceptBy))),
    ),
    arrayOf(
      "text",
      orders.map((order) => JSON.stringify(order)),
    ),
    arrayOf(
      "int8",
      rows.map(({ num }) => num + 1),
    ),
    arrayOf(
      "int8",
      audits.map(({ at }) => at),
    ),
    arrayOf(
      "text",
      audits.map(({ id }) => id),
    ),
    arrayOf(
      "text",
      audits.map(({ actor }) => actor),
    ),
    arrayOf(
      "text",
      audits.map(({ action }) => action),
    ),
    arrayOf(
      "text",
      audits.map(({ storeId }) => storeId),
    ),
    arrayOf(
      "text",
      audits.map(({ targetId }) => targetId),
    ),
  ];
};

const eventColumns = (rows: readonly EventRow[]): Buffer[] => {
  const events = rows.map(({ input }) => input.event);
  return [
    arrayOf(
      "int4",
      rows.map(({ order }) => order),
    ),
    arrayOf(
      "int8",
      rows.map(({ num }) => num),
    ),
    arrayOf(
      "int8",
      rows.map(({ tenant }) => tenant),
    ),
    arrayOf(
      "int8",
      rows.map(({ store }) => store),
    ),
    arrayOf(
      "int8",
      events.map(({ createdAt }) => createdAt),
    ),
    arrayOf(
      "text",
      events.map(({ id }) => id),
    ),
    arrayOf(
      "text",
      events.map(({ type }) => type),
    ),
    arrayOf(
      "text",
      events.map(({ subjectId }) => subjectId),
    ),
    arrayOf(
      "int4",
      rows.map(({ input }) => input.endpointsVersion ?? -1),
    ),
    arrayOf(
      "int8",
      rows.map(({ num }) => num + 1),
    ),
    arrayOf(
      "int4",
      rows.map(({ input }) => input.deliveries.length),
    ),
    arrayOf(
      "text",
      events.map(({ data }) => data),
    ),
    arrayOf(
      "bytea",
      rows.map(({ bodies }) => bodies),
    ),
  ];
};

const deliveryColumns = (rows: readonly DeliveryRow[]): Buffer[] => [
  arrayOf(
    "int4",
    rows.map(({ position }) => position),
  ),
  arrayOf(
    "int8",
    rows.map(({ num }) => num),
  ),
  arrayOf(
    "int8",
    rows.map(({ tenant }) => tenant),
  ),
  arrayOf(
    "int8",
    rows.map(({ store }) => store),
  ),
  arrayOf(
    "int8",
    rows.map(({ createdAt }) => createdAt),
  ),
  arrayOf(
    "int8",
    rows.map(({ event }) => event),
  ),
  arrayOf(
    "int8",
    rows.map(({ endpoint }) => endpoint),
  ),
  arrayOf(
    "int4",
    rows.map(({ from }) => from),
  ),
  arrayOf(
    "int4",
    rows.map(({ length }) => length),
  ),
  arrayOf(
    "bool",
    rows.map(({ delivery }) => delivery.test),
  ),
  arrayOf(
    "int2",
    rows.map(({ delivery }) => (delivery.test ? GATE.free : GATE.needsQuota)),
  ),
  arrayOf(
    "text",
    rows.map(({ delivery }) => delivery.id),
  ),
  arrayOf(
    "text",
    rows.map(({ delivery }) => delivery.eventType),
  ),
  arrayOf(
    "text",
    rows.map(({ lease }) => lease),
  ),
  arrayOf(
    "int4",
    rows.map(({ hour }) => hour),
  ),
  arrayOf(
    "int4",
    rows.map(({ limit }) => limit),
  ),
];
