import type { ClaimedDelivery } from "../store/driver.ts";

/**
 * First attempts as one flat list, since that is cheapest to copy: id, endpoint, then what those of one event have in
 * common, each null where it is as before.
 */
export type Packed = readonly (string | number | null)[];
const FIELDS = 9;
const ALIKE = ["eventId", "eventType", "tenantId", "storeId", "subjectId", "createdAt", "body"] as const;

export function pack(deliveries: readonly ClaimedDelivery[]): Packed {
  const packed: (string | number | null)[] = [];
  let before: ClaimedDelivery | undefined;
  for (const delivery of deliveries) {
    packed.push(delivery.id, delivery.endpointId);
    for (const field of ALIKE) packed.push(delivery[field] === before?.[field] ? null : delivery[field]);
    before = delivery;
  }
  return packed;
}

export function unpack(packed: Packed): ClaimedDelivery[] {
  const deliveries: ClaimedDelivery[] = [];
  let before: ClaimedDelivery | undefined;
  const text = (place: number, was: string | undefined) => (packed[place] ?? was ?? "") as string;
  for (let at = 0; at + FIELDS <= packed.length; at += FIELDS) {
    before = {
      id: text(at, undefined),
      endpointId: text(at + 1, undefined),
      eventId: text(at + 2, before?.eventId),
      eventType: text(at + 3, before?.eventType),
      tenantId: text(at + 4, before?.tenantId),
      storeId: text(at + 5, before?.storeId),
      subjectId: text(at + 6, before?.subjectId),
      createdAt: (packed[at + 7] ?? before?.createdAt ?? 0) as number,
      body: text(at + 8, before?.body),
      test: false,
      attemptCount: 0,
      failures: 0,
    };
    deliveries.push(before);
  }
  return deliveries;
}
