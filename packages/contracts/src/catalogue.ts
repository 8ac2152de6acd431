/** A contract's catalogue from its entries: one body per event, in the contract's envelope. */
import type { CanonicalEvent, CanonicalEventType, Order, OrderStatus, StoreFacts } from "./canonical.ts";
import type { Contract, EncodedEvent, EventType, JsonSchema, SampleStamp } from "./contract.ts";
import type { PlainRecord } from "./record.ts";
import { sampleEvent } from "./samples.ts";

/** `order.status_updated` says what the order was before; other events may leave it out. */
export type OrderData = Order & { readonly previousStatus?: OrderStatus | null };

/** One event of a catalogue; `schema` is of what `data` gives. */
export interface Entry extends Omit<EventType, "example"> {
  data(event: CanonicalEvent, store: StoreFacts): unknown;
}

type EntryFields = Omit<Entry, "data">;

/** An entry whose canonical events are an order's. */
export const orderEntry = (
  fields: EntryFields,
  data: (order: OrderData, event: CanonicalEvent, store: StoreFacts) => unknown,
): Entry => ({
  ...fields,
  // Which data an event has follows from its type, which the compiler does not see here.
  data: (event, store) => data(event.data as OrderData, event, store),
});

/** An entry whose canonical events carry a plain record. */
export const recordEntry = (
  fields: EntryFields,
  data: (record: PlainRecord, store: StoreFacts, event: CanonicalEvent) => unknown,
): Entry => ({
  ...fields,
  data: (event, store) => data(event.data as PlainRecord, store, event),
});

export interface Envelope {
  body(name: string, data: unknown, event: CanonicalEvent, store: StoreFacts): unknown;
  schema(name: string, data: JsonSchema): JsonSchema;
}

export type Catalogue = Pick<Contract, "events" | "encode" | "sample">;

/**
 * `sample(null, …)` is of the first entry; a name that the catalogue does not have is a RangeError.
 */
export function catalogue(envelope: Envelope, entries: readonly Entry[]): Catalogue {
  const byCanonical = new Map<CanonicalEventType, Entry>();
  for (const entry of entries) for (const type of entry.canonical) byCanonical.set(type, entry);

  const encodeEntry = (entry: Entry, event: CanonicalEvent, store: StoreFacts): EncodedEvent => ({
    type: entry.name,
    body: JSON.stringify(envelope.body(entry.name, entry.data(event, store), event, store)),
  });

  const sample = (type: string | null, stamp: SampleStamp, store: StoreFacts): EncodedEvent => {
    const entry = type === null ? entries[0] : entries.find((candidate) => candidate.name === type);
    const canonical = entry?.canonical[0];
    if (entry === undefined || canonical === undefined) throw new RangeError(`no event is called ${type}`);
    return encodeEntry(entry, sampleEvent(canonical, stamp, store), store);
  };

  return {
    events: entries.map(({ name, description, canonical, schema }) => ({
      name,
      description,
      canonical,
      schema: envelope.schema(name, schema),
      example: JSON.parse(sample(name, EXAMPLE_STAMP, EXAMPLE_STORE).body),
    })),
    encode: (event, store) => {
      const entry = byCanonical.get(event.type);
      return entry === undefined ? null : encodeEntry(entry, event, store);
    },
    sample,
  };
}

const EXAMPLE_STAMP: SampleStamp = { id: "evt_example", createdAt: "2026-01-18T10:30:00.000Z" };

const EXAMPLE_STORE: StoreFacts = {
  id: "store_example",
  tenantId: "tenant_example",
  externalId: "900",
  currency: "EUR",
  exponent: 2,
};
