import type {
  CanonicalEventType,
  Contract,
  Order,
  OrderStatus,
  OrderWithChange,
} from "@ticketrail/contracts";
import { CANONICAL_EVENTS } from "@ticketrail/contracts";
import { invalidFields, notFound, Refusal } from "../domain/error.ts";
import type { EventRecord } from "../domain/event.ts";
import { isoTime } from "../domain/id.ts";
import { createOrder, type OrderInput } from "../domain/order.ts";
import type { Store } from "../domain/store.ts";
import type { EventFilter, List } from "../store/driver.ts";
import { type Call, sees } from "./call.ts";
import type { ServiceContext } from "./context.ts";
import type { Stores } from "./stores.ts";

/** The `data` of an order's event: an order as it is created, with what the platform's own record says of it. */
export interface OrderEventInput extends OrderInput {
  readonly id?: string;
  readonly status?: OrderStatus;
  /** ISO 8601 with an offset. */
  readonly createdAt?: string;
  readonly previousStatus?: OrderStatus | null;
  readonly posRef?: string | null;
  readonly reason?: string | null;
}

/** What an order is in when an event says so and its data does not. */
const STATUS_AFTER: Readonly<Partial<Record<CanonicalEventType, OrderStatus>>> = {
  "order.approved": "accepted",
  "order.rejected": "rejected",
  "order.sent": "preparing",
  "order.ready": "ready",
  "order.completed": "completed",
  "order.cancelled": "cancelled",
};

/** A canonical event with the names that each contract sends it under. */
export interface EventTypeView {
  readonly type: CanonicalEventType;
  readonly contracts: Readonly<Record<string, readonly string[]>>;
}

/** Events of platforms that keep their own record; nothing but the event is stored. */
export class Events {
  readonly #context: ServiceContext;
  readonly #stores: Stores;

  constructor(context: ServiceContext, stores: Stores) {
    this.#context = context;
    this.#stores = stores;
  }

  async publishOrder(
    call: Call,
    storeId: string,
    type: CanonicalEventType,
    input: OrderEventInput,
  ): Promise<{ readonly id: string }> {
    const found = this.#stores.get(call, storeId);
    const store = found instanceof Promise ? await found : found;
    const now = this.#context.clock.now();
    const order = orderOf(call, store, type, input, now);
    return this.#publish(call, store, type, order, order.id, now);
  }

  async publishRecord(
    call: Call,
    storeId: string,
    type: CanonicalEventType,
    data: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly id: string }> {
    const store = await this.#stores.get(call, storeId);
    // What is said of an order must not overtake the order itself.
    const subject = typeof data.orderId === "string" && data.orderId !== "" ? data.orderId : null;
    return this.#publish(call, store, type, data, subject, this.#context.clock.now());
  }

  async #publish(
    call: Call,
    store: Store,
    type: CanonicalEventType,
    data: Order | Readonly<Record<string, unknown>>,
    subject: string | null,
    now: number,
  ): Promise<{ readonly id: string }> {
    const id = call.newId("evt_");
    const event = {
      id,
      type,
      tenantId: store.tenantId,
      storeId: store.id,
      createdAt: isoTime(now),
      data,
    };
    // False: this very request was accepted before the process died. Either way it is accepted now.
    await this.#context.engine.publish(event, store, subject ?? id);
    return { id };
  }

  async get(call: Call, id: string): Promise<EventRecord> {
    const event = await this.#context.driver.getEvent(id);
    if (!event || !sees(call, event.storeId)) throw notFound("event");
    return event;
  }

  list(call: Call, filter: EventFilter): Promise<List<EventRecord>> {
    if (filter.storeId !== undefined && !sees(call, filter.storeId)) throw notFound("store");
    return this.#context.driver.listEvents({
      ...filter,
      ...(call.storeId === null ? {} : { storeId: call.storeId }),
    });
  }

  types(): readonly EventTypeView[] {
    const contracts = [...this.#context.contracts.values()];
    return CANONICAL_EVENTS.map((type) => ({
      type,
      contracts: Object.fromEntries(
        contracts
          .map((contract) => [contract.name, namesOf(contract, type)])
          .filter(([, names]) => names?.length),
      ),
    }));
  }
}

const namesOf = (contract: Contract, type: CanonicalEventType): readonly string[] =>
  contract.events.filter(({ canonical }) => canonical.includes(type)).map(({ name }) => name);

function orderOf(
  call: Call,
  store: Store,
  type: CanonicalEventType,
  input: OrderEventInput,
  now: number,
): Order | OrderWithChange {
  const made = createdFrom(call, store, input, now);
  const status = input.status ?? STATUS_AFTER[type] ?? "pending";
  const at = input.createdAt === undefined ? made.createdAt : isoTime(Date.parse(input.createdAt));
  const order: Order = {
    ...made,
    status,
    posRef: input.posRef ?? null,
    reason: input.reason ?? null,
    createdAt: at,
    // The platform keeps the record, and the deadline with it.
    acceptBy: null,
    timestamps: status === "pending" ? { pending: at } : { pending: at, [status]: made.updatedAt },
  };
  return input.previousStatus === undefined ? order : { ...order, previousStatus: input.previousStatus };
}

/** The order, with its refusals naming the fields where they stand in the request. */
function createdFrom(call: Call, store: Store, input: OrderEventInput, now: number): Order {
  try {
    return createOrder(input, store, input.id ?? call.newId("ord_"), call.newId, now).order;
  } catch (error) {
    if (!(error instanceof Refusal) || error.fields.length === 0) throw error;
    throw invalidFields(error.fields.map(({ field, problem }) => ({ field: `data.${field}`, problem })));
  }
}
