import type { AttemptRecord, IdempotencyClaim, StoreDriver } from "../driver.ts";
import { listAttempts } from "./attempts.ts";
import { listAudit } from "./audit.ts";
import { cancelDeliveries } from "./cancel.ts";
import { dueLanes, queueStats } from "./claim.ts";
import type { Context } from "./context.ts";
import { countDeliveries } from "./counts.ts";
import { Database } from "./database.ts";
import { listDeliveries } from "./deliveries.ts";
import { getDelivery } from "./delivery-rows.ts";
import * as endpoints from "./endpoints.ts";
import { closed } from "./errors.ts";
import { getEvent, listEvents } from "./events.ts";
import { endpointHealth } from "./health.ts";
import { PostgresHints } from "./hints.ts";
import * as idempotency from "./idempotency.ts";
import { Intakes } from "./intakes.ts";
import { Known } from "./known.ts";
import * as lanes from "./lanes.ts";
import * as leases from "./leases.ts";
import { Line, together } from "./line.ts";
import { Marks } from "./marks.ts";
import { isMigrated, migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { Numbers } from "./numbers.ts";
import * as orders from "./orders.ts";
import { makePartitions } from "./partitions.ts";
import { PostgresPresence } from "./presence.ts";
import { recordAttempts } from "./record.ts";
import * as replays from "./replays.ts";
import { newUpkeep, prune } from "./retention.ts";
import { Session } from "./session.ts";
import { Tallies } from "./tallies.ts";
import * as tenancy from "./tenancy.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; may be PgBouncer's, in transaction mode. */
  readonly url: string;
  /**
   * PostgreSQL's own, for the one connection that is kept and for migrations; `url` where it is not given. Without it,
   * behind PgBouncer, hints are lost, and what a killed process held rests until it has run out.
   */
  readonly directUrl?: string;
  /** Beside three for what cannot wait. */
  readonly connections?: number;
  /** Epoch ms; where it is given, history's partitions are there before the first event. */
  readonly now?: number;
  /** How long a statement may take; 10 s. */
  readonly statementMs?: number;
}

const CONNECTIONS = 8;
/** A migration takes as long as the tables are big, and other processes wait for it. */
const MIGRATION_MS = 3_600_000;

/** A store on PostgreSQL 14 or later, for one process or many. Migrates it first. */
export async function openPostgres(options: PostgresOptions): Promise<StoreDriver> {
  const { url, directUrl = url, connections = CONNECTIONS, now, statementMs } = options;
  const db = new Database(url, { connections, ...(statementMs === undefined ? {} : { statementMs }) });
  try {
    if (!(await isMigrated(db, MIGRATIONS))) await migrateOver(directUrl);
    if (now !== undefined) await makePartitions({ db }, now);
  } catch (error) {
    await db.close();
    throw error;
  }
  const marks = new Marks();
  const session = new Session(directUrl);
  const context = {
    db,
    known: new Known(db),
    numbers: new Numbers(db),
    marks,
    presence: new PostgresPresence(db, session, marks),
    tallies: new Tallies(db),
    upkeep: newUpkeep(),
  };
  return driverOver(context, new PostgresHints(db, session), session);
}

async function migrateOver(url: string): Promise<void> {
  const db = new Database(url, { connections: 1, statementMs: MIGRATION_MS });
  try {
    await migrate(db, MIGRATIONS);
  } finally {
    await db.close();
  }
}

type Verb<Args extends readonly unknown[], Result> = (context: Context, ...args: Args) => Promise<Result>;

function driverOver(context: Context, hints: PostgresHints, session: Session): StoreDriver {
  const grouped = lines(context);
  let closing: Promise<void> | null = null;
  const guard = <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> => (closing ? Promise.reject(closed()) : call(...args));
  };
  const verb = <Args extends readonly unknown[], Result>(run: Verb<Args, Result>) =>
    guard((...args: Args) => run(context, ...args));
  /** Reads or changes endpoints' records; as they were, where nothing can be written now. */
  const tallied = <Args extends readonly unknown[], Result>(run: Verb<Args, Result>) =>
    guard(async (...args: Args) => {
      await context.tallies.addUp().catch(() => undefined);
      return run(context, ...args);
    });
  return {
    createStore: verb(tenancy.createStore),
    getStore: verb(tenancy.getStore),
    listStores: verb(tenancy.listStores),
    updateStore: verb(tenancy.updateStore),
    createKey: verb(tenancy.createKey),
    findKey: verb(tenancy.findKey),
    findKeyByClient: verb(tenancy.findKeyByClient),
    getKey: verb(tenancy.getKey),
    listKeys: verb(tenancy.listKeys),
    deleteKey: verb(tenancy.deleteKey),
    listAudit: verb(listAudit),
    createEndpoint: verb(endpoints.createEndpoint),
    getEndpoint: tallied(endpoints.getEndpoint),
    listEndpoints: tallied(endpoints.listEndpoints),
    storeEndpoints: verb(endpoints.storeEndpoints),
    updateEndpoint: tallied(endpoints.updateEndpoint),
    deleteEndpoint: verb(endpoints.deleteEndpoint),
    cancelDeliveries: verb(cancelDeliveries),
    endpointHealth: tallied(endpointHealth),
    listFailingEndpoints: tallied(endpoints.listFailingEndpoints),
    saveOrder: guard((input) => grouped.intakes.save(input)),
    getOrder: verb(orders.getOrder),
    findOrderBySource: verb(orders.findOrderBySource),
    forgetCustomers: verb(orders.forgetCustomers),
    listOrders: verb(orders.listOrders),
    listOverdueOrders: verb(orders.listOverdueOrders),
    acceptEvent: guard((input) => grouped.intakes.accept(input)),
    getEvent: verb(getEvent),
    listEvents: verb(listEvents),
    dueLanes: verb(dueLanes),
    claimDue: guard((input) => grouped.intakes.claim(input)),
    recordAttempts: guard((records) => grouped.outcomes.call(records)),
    releaseDeliveries: verb(leases.releaseDeliveries),
    extendLease: verb(leases.extendLease),
    recoverLeases: verb(leases.recoverLeases),
    getDelivery: tallied(getDelivery),
    listDeliveries: tallied(listDeliveries),
    listAttempts: tallied(listAttempts),
    countDeliveries: verb(({ db }, filter) => countDeliveries(db, filter)),
    replayDelivery: verb(replays.replayDelivery),
    createReplay: verb(replays.createReplay),
    getReplay: verb(replays.getReplay),
    listReplays: verb(replays.listReplays),
    listRunningReplays: verb(replays.listRunningReplays),
    stepReplay: verb(replays.stepReplay),
    setReplayState: verb(replays.setReplayState),
    claimIdempotencyKey: guard((input) => grouped.claims.call(input)),
    answerIdempotencyKey: guard((input) => grouped.answers.call(input)),
    dropIdempotencyKey: verb(idempotency.dropIdempotencyKey),
    beat: verb(lanes.beat),
    liveProcesses: verb(lanes.liveProcesses),
    leave: verb(lanes.leave),
    holdLanes: verb(lanes.holdLanes),
    releaseLanes: verb(lanes.releaseLanes),
    hints,
    presence: context.presence,
    prune: tallied(prune),
    queueStats: verb(queueStats),
    // Writes to the log, so that a server that only reads does not answer.
    ping: verb(async ({ db }) => void (await db.hot("SELECT nextval('pings')", []))),
    close: () => {
      hints.close();
      context.tallies.close();
      closing ??= session.close().then(() => context.db.close());
      return closing;
    },
  };
}

/** What every event takes, written in groups. */
function lines(context: Context) {
  return {
    intakes: new Intakes(context),
    outcomes: lineOf<readonly AttemptRecord[], readonly boolean[]>((calls) => recordAttempts(context, calls)),
    claims: lineOf<Parameters<StoreDriver["claimIdempotencyKey"]>[0], IdempotencyClaim>((calls) =>
      idempotency.claimIdempotencyKeys(context, calls),
    ),
    answers: lineOf<Parameters<StoreDriver["answerIdempotencyKey"]>[0], void>((calls) =>
      idempotency.answerIdempotencyKeys(context, calls),
    ),
  };
}

const lineOf = <Input, Result>(run: (inputs: readonly Input[]) => Promise<readonly Result[]>) =>
  new Line<Input, Result>(async (inputs, answer) => {
    (await together(inputs, run)).forEach((outcome, index) => {
      answer(index, outcome);
    });
  });
