/** Section 2 and 3 of the published document: the two calls on orders. */
import type { OrderStatus } from "../canonical.ts";
import type { ContractLimits, Route, RouteContext } from "../contract.ts";
import { answers, cursorPage, ok, pageOf } from "../routes.ts";
import { nullable, object, oneOf, string } from "../schema.ts";
import { statusesCalled } from "../status-table.ts";
import { SELA_STATUS, type SelaStatus, selaOrder } from "./encode.ts";
import { errorSchema } from "./errors.ts";
import { orderAnswer, orderListAnswer } from "./schemas.ts";

export const limits: ContractLimits = {
  // The document's example asks for 25.
  pageDefault: 25,
  pageMax: 100,
  clampPage: true,
  anyMediaType: false,
};

/** What an action does, and what Sela calls an order to which it has been done. */
const ACTIONS: Readonly<Record<string, { readonly to: OrderStatus; readonly called: SelaStatus }>> = {
  approve: { to: "accepted", called: "approved" },
  reject: { to: "rejected", called: "rejected" },
  mark_arrived: { to: "completed", called: "arrived" },
};

const id = string({ minLength: 1, maxLength: 200 });

const action: Route = {
  method: "POST",
  path: "/api/v1/orders/action",
  summary: "Approve an order, reject it, or mark it as arrived",
  scope: "orders:write",
  operation: "order.act",
  body: object({ order_id: id, action: oneOf(...Object.keys(ACTIONS)) }, { external_order_id: nullable(id) }),
  responses: {
    ...answers(200, "The order as it now is; doing the same again changes nothing.", orderAnswer),
    ...answers(409, "The order's state does not allow the action.", errorSchema),
  },
  read: ({ body }) => {
    const asked = ACTIONS[body.action];
    if (asked === undefined) throw new RangeError(`no action is called ${body.action}`);
    return {
      storeId: null,
      order: { id: body.order_id },
      to: asked.to,
      settled: statusesCalled(SELA_STATUS, asked.called),
      posRef: body.external_order_id ?? null,
      reason: null,
    };
  },
  write: (order, context) => answer(context, { data: selaOrder(order), meta: meta(context) }),
};

const STATUS_FILTERS = [...new Set(Object.values(SELA_STATUS)), "all"] as const;

const list: Route = {
  method: "GET",
  path: "/api/v1/orders",
  summary: "List orders, the pending ones unless told otherwise",
  scope: "orders:read",
  operation: "order.list",
  query: object({}, { ...cursorPage.properties, status: oneOf(...STATUS_FILTERS) }),
  responses: answers(200, "One page of orders, newest first.", orderListAnswer),
  read: ({ query }) => ({
    ...pageOf(query, limits, "cursor"),
    storeId: null,
    statuses: statusFilter(query.status),
    withinMs: null,
  }),
  write: (page, context) =>
    answer(context, {
      data: page.rows.map(selaOrder),
      meta: {
        ...meta(context),
        next_cursor: page.nextCursor,
        is_done: page.nextCursor === null,
        limit: page.limit,
      },
    }),
};

// Section 3 calls what it lists "active orders" and, in the next line, "pending orders": so pending is the default.
const statusFilter = (status = "pending"): readonly OrderStatus[] =>
  status === "all" ? [] : statusesCalled<string>(SELA_STATUS, status);

const meta = ({ requestId }: RouteContext) => ({ request_id: requestId });

const answer = (context: RouteContext, body: unknown) => ({
  ...ok(body),
  headers: { "x-sela-request-id": context.requestId },
});

export const routes: readonly Route[] = [action, list];
