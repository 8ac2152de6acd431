import type { Order } from "../canonical.ts";
import { withExtensions } from "../extensions.ts";
import { orderSummary } from "../order-lines.ts";
import type { StatusTable } from "../status-table.ts";
import { orderSchema } from "./schemas.ts";

export type SelaStatus = "pending" | "approved" | "arrived" | "rejected" | "failed" | "cancelled";

export const SELA_STATUS: StatusTable<SelaStatus> = {
  pending: "pending",
  accepted: "approved",
  preparing: "approved",
  ready: "approved",
  in_delivery: "approved",
  completed: "arrived",
  rejected: "rejected",
  cancelled: "cancelled",
  failed: "failed",
};

/** The order as Sela shows it in webhooks, lists and actions (section 1). */
export function selaOrder(order: Order) {
  return withExtensions(order, "sela", orderSchema, {
    id: order.id,
    status: SELA_STATUS[order.status],
    orderSummary: orderSummary(order),
    customer: { name: order.customer?.name ?? null, phone: order.customer?.phone ?? null },
    fulfillment: { type: order.fulfilment?.type ?? null, address: order.fulfilment?.address ?? null },
    externalOrderId: order.posRef,
    conversationId: order.conversationId,
    specialInstructions: order.notes,
  });
}
