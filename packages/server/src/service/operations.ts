import type { Contract, OperationName, Operations, Page, PageInput } from "@ticketrail/contracts";
import { notFound, Refusal } from "../domain/error.ts";
import type { Store } from "../domain/store.ts";
import type { EndpointWithRecord } from "../store/driver.ts";
import type { Call } from "./call.ts";
import type { ServiceContext } from "./context.ts";
import { attemptView, deliveryView, endpointView, errorText } from "./contract-views.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Keys } from "./keys.ts";
import type { Orders } from "./orders.ts";
import type { Stores } from "./stores.ts";

interface Parts {
  readonly context: ServiceContext;
  readonly stores: Stores;
  readonly keys: Keys;
  readonly endpoints: Endpoints;
  readonly orders: Orders;
}

type Executor<Name extends OperationName> = (
  call: Call,
  contract: Contract,
  input: Operations[Name]["input"],
) => Promise<Operations[Name]["result"]>;
type Executors = { readonly [Name in OperationName]: Executor<Name> };

/** What a contract's API can ask of the hub: each of its operations by way of the use cases. */
export class ContractOperations {
  readonly #executors: Executors;

  constructor(parts: Parts) {
    this.#executors = {
      ...endpointOperations(parts),
      ...listOperations(parts),
      ...orderOperations(parts),
      "token.refresh": (_, contract, input) => parts.keys.refreshToken(contract.name, input),
      health: async () => ({ ok: true }),
    };
  }

  run<Name extends OperationName>(
    name: Name,
    call: Call,
    contract: Contract,
    input: Operations[Name]["input"],
  ): Promise<Operations[Name]["result"]> {
    const execute: Executor<Name> = this.#executors[name];
    return execute(call, contract, input);
  }
}

/** A contract's keys belong to one store each. */
function ownStore(call: Call): string {
  if (call.storeId === null) throw new Refusal("unauthorized", "The call needs a key of the store's own.");
  return call.storeId;
}

/** A caller that names its store must name its own, by our id or by the point of sale's. */
async function namedStore({ stores }: Parts, call: Call, named: string | null): Promise<Store> {
  const store = await stores.get(call, ownStore(call));
  if (named !== null && named !== store.id && named !== store.externalId) throw notFound("store");
  return store;
}

const find = (
  { endpoints }: Parts,
  call: Call,
  contract: Contract,
  { endpoint }: { readonly endpoint: { readonly id: string } | { readonly url: string } },
): Promise<EndpointWithRecord> =>
  "id" in endpoint
    ? endpoints.get(call, endpoint.id, contract.name)
    : endpoints.getByUrl(call, endpoint.url, contract.name);

/** Where a URL is registered once, other events are added to what is there; to ask for the same again is refused. */
async function join(
  parts: Parts,
  call: Call,
  contract: Contract,
  { url, events }: Operations["endpoint.create"]["input"],
  error: unknown,
): Promise<EndpointWithRecord> {
  if (!(error instanceof Refusal) || error.code !== "already_exists") throw error;
  const found = await parts.endpoints.getByUrl(call, url, contract.name);
  const more = events.filter((name) => !found.endpoint.events.includes(name));
  if (more.length === 0) throw error;
  return parts.endpoints.update(call, found, { events: [...found.endpoint.events, ...more] }, false);
}

type EndpointOperation = Extract<OperationName, `endpoint.${string}`>;

const endpointOperations = (parts: Parts): Pick<Executors, EndpointOperation> => ({
  "endpoint.create": async (call, contract, input) => {
    const making = parts.endpoints.create(call, {
      ...input,
      storeId: ownStore(call),
      contract: contract.name,
      secret: input.secret ?? parts.keys.webhookSecret(call.key),
    });
    const made = making.then(
      ({ endpoint }) => endpoint,
      (error) => join(parts, call, contract, input, error),
    );
    return endpointView(await made);
  },
  "endpoint.list": async (call, contract, input) => {
    const limit = limitOf(contract, input.limit);
    const found = await parts.endpoints.list(call, {
      storeId: ownStore(call),
      contract: contract.name,
      limit,
      cursor: input.cursor,
      ...(input.page === null ? {} : { page: input.page }),
    });
    return { ...pageOf(input, limit), ...found, rows: found.rows.map(endpointView) };
  },
  "endpoint.get": async (call, contract, input) => endpointView(await find(parts, call, contract, input)),
  "endpoint.update": async (call, contract, input) => {
    const { isActive, ...changes } = input.changes;
    const state =
      isActive === undefined ? {} : { state: isActive ? ("active" as const) : ("paused" as const) };
    const found = await find(parts, call, contract, input);
    return endpointView(await parts.endpoints.update(call, found, { ...changes, ...state }, input.uniqueUrl));
  },
  "endpoint.delete": async (call, contract, input) => {
    await parts.endpoints.delete(call, await find(parts, call, contract, input));
    return null;
  },
  "endpoint.test": async (call, contract, input) => {
    const found = await find(parts, call, contract, input);
    const result = await parts.endpoints.test(call, found, input.eventType);
    return { ...result, error: errorText(result) };
  },
});

const listOperations = (parts: Parts): Pick<Executors, "attempt.list" | "delivery.list"> => ({
  "attempt.list": async (call, contract, input) => {
    const { endpoint } = await find(parts, call, contract, input);
    const { driver, clock } = parts.context;
    const now = clock.now();
    const limit = limitOf(contract, input.limit);
    const page = input.page ?? 1;
    const { rows, total } = await driver.listAttempts({ endpointId: endpoint.id, page, limit }, now);
    return { rows: rows.map((row) => attemptView(row, now)), nextCursor: null, total, limit, page };
  },
  "delivery.list": async (call, contract, input) => {
    const { endpoint } = await find(parts, call, contract, input);
    const { driver, clock } = parts.context;
    const limit = limitOf(contract, input.limit);
    const filter = { endpointId: endpoint.id, tried: true, limit, cursor: input.cursor };
    const { rows, nextCursor } = await driver.listDeliveries(filter, clock.now());
    return { ...pageOf(input, limit), nextCursor, rows: rows.flatMap((row) => deliveryView(row) ?? []) };
  },
});

const orderOperations = (parts: Parts): Pick<Executors, "order.act" | "order.list"> => ({
  "order.act": async (call, _, { storeId, order, ...action }) => {
    const store = await namedStore(parts, call, storeId);
    return parts.orders.act(call, store.id, order, action);
  },
  "order.list": async (call, contract, input) => {
    const store = await namedStore(parts, call, input.storeId);
    const limit = limitOf(contract, input.limit);
    const { rows, nextCursor } = await parts.orders.list(call, {
      storeId: store.id,
      statuses: input.statuses,
      limit,
      cursor: input.cursor,
      ...(input.withinMs === null ? {} : { since: parts.context.clock.now() - input.withinMs }),
    });
    return { ...pageOf(input, limit), rows, nextCursor, store };
  },
});

/** `clampPage` takes a larger page as the largest; any other contract refuses it. */
function limitOf({ limits }: Contract, asked: number): number {
  if (asked <= limits.pageMax) return asked;
  if (limits.clampPage) return limits.pageMax;
  throw new Refusal("invalid_request", `limit must be at most ${limits.pageMax}.`, {
    fields: [{ field: "limit", problem: `must be at most ${limits.pageMax}` }],
  });
}

const pageOf = (input: PageInput, limit: number): Omit<Page<never>, "rows"> => ({
  nextCursor: null,
  total: null,
  limit,
  page: input.page,
});
