import { ORDER_STATUSES, type OrderStatus } from "./canonical.ts";

/** What a contract calls each of the canonical statuses: docs/conformance.md, "The canonical order". */
export type StatusTable<Name extends string> = Readonly<Record<OrderStatus, Name>>;

/** The canonical statuses that a contract calls `name`: its filters and settled actions, read backwards. */
export const statusesCalled = <Name extends string>(
  table: StatusTable<Name>,
  name: Name,
): readonly OrderStatus[] => ORDER_STATUSES.filter((status) => table[status] === name);
