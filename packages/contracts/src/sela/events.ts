import type { CanonicalEventType } from "../canonical.ts";
import { catalogue, orderEntry } from "../catalogue.ts";
import { selaOrder } from "./encode.ts";
import { eventSchema, orderSchema } from "./schemas.ts";

const entry = (name: string, canonical: CanonicalEventType, description: string) =>
  orderEntry({ name, description, canonical: [canonical], schema: orderSchema }, selaOrder);

export const selaCatalogue = catalogue(
  {
    body: (event, data, { createdAt }) => ({ event, timestamp: Date.parse(createdAt), data }),
    schema: eventSchema,
  },
  [
    entry("order.created", "order.created", "An order was built from a conversation and awaits a decision."),
    entry("order.approved", "order.approved", "The restaurant accepted the order."),
    entry("order.rejected", "order.rejected", "The restaurant declined the order."),
    entry("order.arrived", "order.completed", "The order was delivered or handed over."),
  ],
);
