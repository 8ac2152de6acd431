import type { AttemptRecord, StoreDriver } from "../driver.ts";
import { acceptEvents } from "./accept.ts";
import { listAttempts } from "./attempts.ts";
import { listAudit } from "./audit.ts";
import { cancelDeliveries } from "./cancel.ts";
import { claimDue, dueLanes } from "./claim.ts";
import { countDeliveries, queueStats } from "./counts.ts";
import type { Db } from "./db.ts";
import { listDeliveries } from "./deliveries.ts";
import { getDelivery } from "./delivery-rows.ts";
import * as endpoints from "./endpoints.ts";
import { getEvent, listEvents } from "./events.ts";
import { endpointHealth } from "./health.ts";
import * as idempotency from "./idempotency.ts";
import * as lanes from "./lanes.ts";
import { extendLease, recoverLeases, releaseDeliveries } from "./leases.ts";
import * as orders from "./orders.ts";
import { recordAttempts } from "./record.ts";
import * as replays from "./replays.ts";
import { prune } from "./retention.ts";
import * as tenancy from "./tenancy.ts";

/** `write` joins a group on the writer; `point` reads a few rows by key; `list` may read many. */
export type VerbKind = "write" | "point" | "list";

export interface Verb<Args extends readonly unknown[], Result> {
  readonly kind: VerbKind;
  readonly run: (db: Db, ...args: Args) => Result;
  /** All the calls of a group at once, where that is cheaper; results in the same order. */
  readonly runAll?: (db: Db, calls: readonly Args[]) => Result[];
}

export type VerbName = Exclude<keyof StoreDriver, "close" | "hints" | "presence">;
type VerbOf<Name extends VerbName> = Verb<
  Parameters<StoreDriver[Name]>,
  Awaited<ReturnType<StoreDriver[Name]>>
>;
type VerbTable = { readonly [Name in VerbName]: VerbOf<Name> };

type Run<Args extends readonly unknown[], Result> = (db: Db, ...args: Args) => Result;
const write = <Args extends readonly unknown[], Result>(run: Run<Args, Result>): Verb<Args, Result> => ({
  kind: "write",
  run,
});
const point = <Args extends readonly unknown[], Result>(run: Run<Args, Result>): Verb<Args, Result> => ({
  kind: "point",
  run,
});
const list = <Args extends readonly unknown[], Result>(run: Run<Args, Result>): Verb<Args, Result> => ({
  kind: "list",
  run,
});

/** A verb of one argument that takes all the calls of a group at once. */
function batched<Input, Result>(
  runAll: (db: Db, inputs: readonly Input[]) => Result[],
): Verb<[Input], Result> {
  return {
    kind: "write",
    run: (db, input) => runAll(db, [input])[0] as Result,
    runAll: (db, calls) =>
      runAll(
        db,
        calls.map(([input]) => input),
      ),
  };
}

const record: Verb<[readonly AttemptRecord[]], readonly boolean[]> = {
  kind: "write",
  run: recordAttempts,
  runAll: (db, calls) => {
    const applied = recordAttempts(db, calls.flat(2));
    let from = 0;
    return calls.map(([records]) => {
      from += records.length;
      return applied.slice(from - records.length, from);
    });
  },
};

/** Dirties a page, so that its commit is a real one. */
const ping = (db: Db): void => {
  db.run("UPDATE sequences SET event = event");
};

export const VERBS: VerbTable = {
  createStore: write(tenancy.createStore),
  getStore: point(tenancy.getStore),
  listStores: list(tenancy.listStores),
  updateStore: write(tenancy.updateStore),
  createKey: write(tenancy.createKey),
  findKey: point(tenancy.findKey),
  findKeyByClient: point(tenancy.findKeyByClient),
  getKey: point(tenancy.getKey),
  listKeys: list(tenancy.listKeys),
  deleteKey: write(tenancy.deleteKey),
  listAudit: list(listAudit),
  createEndpoint: write(endpoints.createEndpoint),
  getEndpoint: point(endpoints.getEndpoint),
  listEndpoints: list(endpoints.listEndpoints),
  storeEndpoints: point(endpoints.storeEndpoints),
  updateEndpoint: write(endpoints.updateEndpoint),
  deleteEndpoint: write(endpoints.deleteEndpoint),
  cancelDeliveries: write(cancelDeliveries),
  endpointHealth: list(endpointHealth),
  listFailingEndpoints: list(endpoints.listFailingEndpoints),
  saveOrder: batched(orders.saveOrders),
  getOrder: point(orders.getOrder),
  findOrderBySource: point(orders.findOrderBySource),
  forgetCustomers: write(orders.forgetCustomers),
  listOrders: list(orders.listOrders),
  listOverdueOrders: list(orders.listOverdueOrders),
  acceptEvent: batched(acceptEvents),
  getEvent: point(getEvent),
  listEvents: list(listEvents),
  // A read, but the dispatcher must not wait behind somebody's list.
  dueLanes: write(dueLanes),
  claimDue: write(claimDue),
  recordAttempts: record,
  releaseDeliveries: write(releaseDeliveries),
  extendLease: write(extendLease),
  recoverLeases: write(recoverLeases),
  getDelivery: point(getDelivery),
  listDeliveries: list(listDeliveries),
  listAttempts: list(listAttempts),
  countDeliveries: list(countDeliveries),
  replayDelivery: write(replays.replayDelivery),
  createReplay: write(replays.createReplay),
  getReplay: point(replays.getReplay),
  listReplays: list(replays.listReplays),
  listRunningReplays: list(replays.listRunningReplays),
  stepReplay: write(replays.stepReplay),
  setReplayState: write(replays.setReplayState),
  claimIdempotencyKey: write(idempotency.claimIdempotencyKey),
  answerIdempotencyKey: write(idempotency.answerIdempotencyKey),
  dropIdempotencyKey: write(idempotency.dropIdempotencyKey),
  beat: write(lanes.beat),
  liveProcesses: point(lanes.liveProcesses),
  leave: write(lanes.leave),
  holdLanes: write(lanes.holdLanes),
  releaseLanes: write(lanes.releaseLanes),
  prune: write(prune),
  queueStats: list(queueStats),
  ping: write(ping),
};

/** The same for every verb, once its types no longer matter. */
export const verbNamed = (name: VerbName): Verb<readonly unknown[], unknown> =>
  VERBS[name] as unknown as Verb<readonly unknown[], unknown>;

export const VERB_NAMES = Object.keys(VERBS) as VerbName[];
