import { idsFrom } from "../../packages/server/src/domain/id.ts";
import { HOUR_MS, hourOf, type Store } from "../../packages/server/src/domain/store.ts";
import { LEASE_MS } from "../../packages/server/src/engine/leases.ts";
import type { Call } from "../../packages/server/src/service/call.ts";
import type { Audit, DeliveryDetail, StoreDriver } from "../../packages/server/src/store/driver.ts";
import { Street } from "../street.ts";
import { Clients } from "./clients.ts";
import { DRAIN_MS, Hub } from "./hub.ts";
import { Ledger } from "./ledger.ts";
import { Operator } from "./operator.ts";
import { JOB_MS, type Surroundings, SWEEP_MS } from "./process.ts";
import { Receivers } from "./receivers.ts";
import { draw, type Scenario, SMALL_LIMIT } from "./scenario.ts";
import { Dice, World } from "./world.ts";

/** Everything that one run did, for the audit. */
export interface Run {
  readonly store: Store;
  readonly scenario: Scenario;
  readonly ledger: Ledger;
  /** The store is made for several processes: it hands nothing over past what another has queued. */
  readonly shared: boolean;
  /** As they stand at the end. */
  readonly deliveries: readonly DeliveryDetail[];
}

/** A run takes a few thousand. */
const MOST_STEPS = 50_000;
/** By then requests have ended, drained processes have been replaced, and clients have got through. */
const SETTLED_MS = DRAIN_MS + 8_000;
/** What is held up longest: leased to nobody, then found by a sweep, or reopened by a job. */
const SLACK_MS = LEASE_MS + LEASE_MS / 3 + 2 * SWEEP_MS + JOB_MS;
/** How long it takes at most until a process hears what another on its machine tells it; and how often they are cut off. */
const TOLD_MS = 50;
const BREAKS = 0.02;
/** In this time every job and every sweep comes round, and what they set off has been sent. */
const ROUND_MS = JOB_MS + SWEEP_MS + 5_000;

/** A year in miniature: flaky endpoints, bursts, changes, a store in trouble, and processes that stop or die between any two verbs. */
export async function simulate(seed: number, driver: StoreDriver): Promise<Run> {
  const dice = new Dice(seed);
  const scenario = draw(dice);
  const world = new World(scenario.start, MOST_STEPS);
  const ledger = new Ledger(world);
  const newId = idsFrom(world, dice);
  const receivers = new Receivers(world, dice, ledger, scenario);
  const street = streetIn(world, dice);
  const around: Surroundings = { driver, world, dice, newId, ledger, scenario, receivers, street };
  const call: Call = { actor: "operator", storeId: null, key: null, random: dice, newId };
  const store = await makeStore(around);
  ledger.opened(store);
  const hub = new Hub(around);
  const operator = new Operator(around, hub, store, call);
  const clients = new Clients(around, hub, store, call);
  let deliveries: readonly DeliveryDetail[] = [];
  try {
    await trouble(around, store, { hub, operator, clients });
    deliveries = await calm(around, store, { hub, operator, clients });
  } catch (error) {
    ledger.problems.push(String(error));
  }
  await clear(around);
  return { store, scenario, ledger, shared: driver.hints !== null, deliveries };
}

/** What is told takes a moment, and now and then a connection breaks with all that is on its way. */
function streetIn(world: World, dice: Dice): Street {
  const arrivesAt = new Map<string, number>();
  return new Street({
    breaks: () => dice.roll() < BREAKS,
    carry: (task, between) => {
      const at = Math.max(world.now() + dice.upTo(TOLD_MS), arrivesAt.get(between) ?? 0);
      arrivesAt.set(between, at);
      world.at(at, task);
    },
  });
}

/** Until `calmAt` anything may happen. */
async function trouble(around: Surroundings, store: Store, actors: Actors): Promise<void> {
  const { world, scenario, ledger } = around;
  await actors.hub.open(store.id);
  for (let i = 0; i < scenario.endpoints; i++) await actors.operator.create();
  schedule(around, actors);
  await world.run(scenario.calmAt, ledger.underway.settle);
}

/** From then on nothing does, and all that is open must be settled within its time. Returns how it stands then. */
async function calm(around: Surroundings, store: Store, actors: Actors): Promise<readonly DeliveryDetail[]> {
  const { driver, world, ledger } = around;
  const { hub, operator, clients } = actors;
  const { settle } = ledger.underway;
  hub.goOn();
  await world.run(world.now() + SETTLED_MS, settle);
  if (!hub.complete) ledger.problems.push("not every process is there");
  if (clients.waiting > 0) ledger.problems.push(`${clients.waiting} events are not acknowledged`);
  await operator.calm();
  let deliveries = await all(driver, store);
  if (hoursNeeded(deliveries, around) > hoursNear(world.now())) {
    await operator.unlimit();
    await settle();
    deliveries = await all(driver, store);
  }
  const drainedAt = drainableAt(deliveries, around);
  await world.run(drainedAt + ROUND_MS, settle);
  deliveries = await all(driver, store);
  // Where all is at rest by then, nothing is left that could stir: the rest of the time would only pass.
  const isStill = deliveries.every((each) => !isOpen(each) && !each.leased);
  if (!isStill || ledger.replays > 0) {
    await world.run(drainedAt + SLACK_MS, settle);
    deliveries = await all(driver, store);
  }
  hub.end();
  await world.run(world.now() + DRAIN_MS - 1, settle);
  if (hub.draining > 0) ledger.problems.push(`${hub.draining} processes do not end`);
  return deliveries;
}

/** A limited store is asked once a second: one hour's end is waited for where it is near, and no other. */
const hoursNear = (now: number): number => (HOUR_MS - (now % HOUR_MS) < 4 * 60_000 ? 1 : 0);

interface Actors {
  readonly hub: Hub;
  readonly operator: Operator;
  readonly clients: Clients;
}

function schedule({ world, scenario }: Surroundings, { hub, operator, clients }: Actors): void {
  for (const at of scenario.publishes) world.at(at, () => clients.publish());
  for (const { at, kind } of scenario.changes) world.at(at, () => operator.change(kind));
  for (const at of scenario.deaths) world.at(at, () => hub.kill());
  for (const at of scenario.restarts) world.at(at, () => hub.restart());
  for (const { slot, from, to } of scenario.freezes) world.at(from, () => hub.freeze(slot, to - from));
}

/** When nothing need wait any more that is open now: for its retry, or for the plan's next hour. */
function drainableAt(
  deliveries: readonly DeliveryDetail[],
  { world, ledger, scenario }: Surroundings,
): number {
  const now = world.now();
  const waiting = deliveries.filter(isOpen);
  const retryAt = Math.max(now, ...waiting.map(({ nextAttemptAt }) => nextAttemptAt ?? now));
  const hours = hoursNeeded(deliveries, { world, ledger, scenario });
  const quotaAt = hours === 0 ? now : (hourOf(now) + hours) * HOUR_MS;
  return Math.max(retryAt, quotaAt);
}

/** How many times the plan's hour must pass until all first attempts have been granted. */
function hoursNeeded(
  deliveries: readonly DeliveryDetail[],
  { world, ledger, scenario }: Pick<Surroundings, "world" | "ledger" | "scenario">,
): number {
  const limit = SMALL_LIMIT[ledger.plans.at(-1)?.plan ?? scenario.plan];
  const first = deliveries.filter((each) => isOpen(each) && each.attempts.length === 0).length;
  const used = ledger.granted.get(hourOf(world.now()))?.size ?? 0;
  return limit === null || first === 0 ? 0 : Math.max(0, Math.ceil((first + used - limit) / limit));
}

/** Something that is to be sent, and may be. */
export const isOpen = ({ status, endpointState }: DeliveryDetail): boolean =>
  (status === "pending" || status === "retrying") &&
  (endpointState === "active" || endpointState === "deleted");

async function all(driver: StoreDriver, store: Store): Promise<readonly DeliveryDetail[]> {
  const { rows } = await driver.listDeliveries({ storeId: store.id, limit: 1_000, cursor: null }, 0);
  return rows;
}

/** What is left must not hold up the runs to come. */
async function clear({ driver, ledger, world, newId }: Surroundings): Promise<void> {
  for (const id of ledger.endpoints.keys()) await driver.deleteEndpoint(id, auditOf(newId, world));
  while ((await driver.cancelDeliveries({ now: world.now(), limit: 1_000 })) > 0);
  // Those that were killed still count as alive, and the next run begins at the same time.
  const { live } = await driver.beat({ process: "nobody", until: 0, now: 0 });
  for (const id of live) await driver.leave(id);
}

const auditOf = (newId: Surroundings["newId"], world: World): Audit => ({
  id: newId("aud_"),
  at: world.now(),
  actor: "operator",
  action: "simulate",
  storeId: null,
  targetId: "",
});

function makeStore({ driver, newId, world, scenario }: Surroundings): Promise<Store> {
  const id = newId("store_");
  return driver.createStore(
    {
      id,
      tenantId: `ten_${id}`,
      name: "Simulated",
      externalId: null,
      currency: "EUR",
      exponent: 2,
      timezone: "UTC",
      plan: scenario.plan,
      acceptWithinMinutes: 10,
      createdAt: world.now(),
    },
    auditOf(newId, world),
  );
}
