import { notFound, Refusal } from "../domain/error.ts";
import type { DeliveryDetail, DeliveryFilter, List } from "../store/driver.ts";
import { auditOf, type Call, sees } from "./call.ts";
import { causeOf, type Waiting } from "./cause.ts";
import type { ServiceContext } from "./context.ts";

export interface DeliveryWithCause extends Waiting {
  readonly delivery: DeliveryDetail;
}

export class Deliveries {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  async get(call: Call, id: string): Promise<DeliveryWithCause> {
    const now = this.#context.clock.now();
    const delivery = await this.#context.driver.getDelivery(id, now);
    if (!delivery || !sees(call, delivery.storeId)) throw notFound("delivery");
    return { delivery, ...causeOf(delivery, now) };
  }

  async list(call: Call, filter: DeliveryFilter): Promise<List<DeliveryWithCause>> {
    if (filter.storeId !== undefined && !sees(call, filter.storeId)) throw notFound("store");
    const now = this.#context.clock.now();
    const own = call.storeId === null ? {} : { storeId: call.storeId };
    const { rows, nextCursor } = await this.#context.driver.listDeliveries({ ...filter, ...own }, now);
    return { rows: rows.map((delivery) => ({ delivery, ...causeOf(delivery, now) })), nextCursor };
  }

  /** Opens a settled delivery again, or tries at once one that waits for a retry; its retry table from the start. */
  async replay(call: Call, id: string): Promise<DeliveryWithCause> {
    const { driver, engine, clock } = this.#context;
    const { delivery } = await this.get(call, id);
    const now = clock.now();
    const audit = auditOf(call, now, "delivery.replay", delivery.storeId, id);
    const result = await driver.replayDelivery(id, now, audit);
    if (result === "not_found") throw notFound("delivery");
    if (result === "under_way") {
      throw new Refusal("conflict", "The delivery is under way: it is sent without a replay.");
    }
    if (result === "endpoint_deleted") {
      throw new Refusal("conflict", "The delivery's endpoint has been deleted: there is nowhere to send it.");
    }
    engine.wake(delivery.storeId, delivery.endpointId);
    return this.get(call, id);
  }
}
