import type { Held } from "./held.ts";

/** A delivery in memory, of which only what a lane looks at differs. */
export const heldDelivery = (id: string, subjectId: string, attemptCount = 0): Held => ({
  token: "lease_1",
  passes: false,
  delivery: {
    id,
    subjectId,
    attemptCount,
    eventId: "evt_1",
    eventType: "order.created",
    endpointId: "wh_1",
    tenantId: "ten_1",
    storeId: "store_1",
    body: "{}",
    createdAt: 0,
    test: false,
    failures: attemptCount,
  },
});
