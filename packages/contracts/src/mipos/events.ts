import { catalogue, orderEntry, recordEntry } from "../catalogue.ts";
import { miposMenu, miposOrder } from "./encode.ts";
import { menuSchema, orderSchema } from "./schemas.ts";

/** MiPOS' bodies have no envelope. */
export const miposCatalogue = catalogue({ body: (_name, data) => data, schema: (_name, data) => data }, [
  orderEntry(
    {
      name: "ORDER",
      description: "A new order of a delivery platform.",
      canonical: ["order.created"],
      schema: orderSchema,
    },
    (order, _event, store) => miposOrder(order, store),
  ),
  recordEntry(
    {
      name: "MENU",
      description: "A menu to take over.",
      canonical: ["menu.published"],
      schema: menuSchema,
    },
    miposMenu,
  ),
]);
