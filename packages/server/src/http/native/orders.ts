import { ORDER_STATUSES, type OrderStatus, orderSchema } from "@ticketrail/contracts";
import type { OrderEdit, OrderInput } from "../../domain/order.ts";
import { ITEMS, NOTES, ORDER_EXAMPLE, ORDER_INPUT, TOTALS } from "./order-schemas.ts";
import { created, given, listed, type NativeRoute, ok, pageOf, route, timesOf } from "./route.ts";
import { fields, idText, listQuery, nullableText, oneOf, page, time } from "./words.ts";

const ORDER = { ...orderSchema, title: "Order" };

const create = route<OrderInput & { readonly storeId: string }>({
  method: "POST",
  path: "/v1/orders",
  summary: "Place an order",
  description: "The same source again answers 200 with the order that is there.",
  needs: "orders:write",
  body: ORDER_INPUT,
  example: ORDER_EXAMPLE,
  responses: {
    200: { description: "The order that has this source already.", schema: ORDER },
    201: { description: "The order.", schema: ORDER },
  },
  run: async ({ call, body }, { orders }) => {
    const { storeId, ...input } = body;
    const { order, created: isNew } = await orders.create(call, storeId, input);
    return isNew ? created(order) : ok(order);
  },
});

const list = route({
  method: "GET",
  path: "/v1/orders",
  summary: "List orders",
  needs: "orders:read",
  query: listQuery({ storeId: idText, status: oneOf(ORDER_STATUSES), since: time }),
  responses: { 200: { description: "Newest first.", schema: page(ORDER) } },
  run: async ({ call, query }, { orders }) => {
    const { since } = timesOf(query);
    const filter = {
      ...pageOf(query),
      ...given(query, "storeId"),
      // The query's schema has accepted it as a status.
      statuses: query.status === undefined ? [] : [query.status as OrderStatus],
      ...(since === undefined ? {} : { since }),
    };
    return listed(await orders.list(call, filter), (order) => order);
  },
});

const get = route({
  method: "GET",
  path: "/v1/orders/:id",
  summary: "Get an order",
  needs: "orders:read",
  responses: { 200: { description: "The order.", schema: ORDER } },
  run: async ({ call, params }, { orders }) => ok(await orders.get(call, params.id ?? "")),
});

const edit = route<OrderEdit>({
  method: "PATCH",
  path: "/v1/orders/:id",
  summary: "Edit an order's items, totals or notes",
  description: "Causes `order.updated`. A settled order is not edited: 409.",
  needs: "orders:write",
  body: fields({ items: ITEMS, totals: TOTALS, notes: NOTES }, [], { minProperties: 1 }),
  example: { notes: "Ring twice" },
  responses: { 200: { description: "The order as it now is.", schema: ORDER } },
  run: async ({ call, params, body }, { orders }) => ok(await orders.edit(call, params.id ?? "", body)),
});

const transition = route<{
  readonly to: OrderStatus;
  readonly reason?: string | null;
  readonly posRef?: string | null;
}>({
  method: "POST",
  path: "/v1/orders/:id/transitions",
  summary: "Move an order to another state",
  description:
    "Causes `order.status_updated`, and the state's own event. The present state again changes nothing; a move that the state does not allow answers 409 and names those that it does.",
  needs: "orders:write",
  body: fields(
    { to: oneOf(ORDER_STATUSES), reason: nullableText(1_000), posRef: nullableText(200, { minLength: 1 }) },
    ["to"],
  ),
  example: { to: "accepted", posRef: "menu-123" },
  responses: { 200: { description: "The order as it now is.", schema: ORDER } },
  run: async ({ call, params, body }, { orders }) => {
    const move = { to: body.to, reason: body.reason ?? null, posRef: body.posRef ?? null };
    return ok(await orders.transition(call, params.id ?? "", move));
  },
});

export const orderRoutes: readonly NativeRoute[] = [create, list, get, edit, transition];
