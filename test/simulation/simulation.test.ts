import { contractNamed } from "@ticketrail/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Delivery } from "../../packages/server/src/domain/delivery.ts";
import type { StoreDriver } from "../../packages/server/src/store/driver.ts";
import { openEmbedded, openServer, type TestStore } from "../stores.ts";
import { type Request, type Run, simulate } from "./run.ts";

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 10_000);
const FIRST = Number(process.env.SIMULATION_FIRST ?? 1);
const POSTGRES_SEEDS = 200;
const CHUNKS = 10;
const MAX_IN_FLIGHT = 4;

/** What is wrong with a run, in sentences; nothing when all is well. */
async function audit(run: Run, driver: StoreDriver): Promise<string[]> {
  const problems: string[] = [];
  let duplicates = 0;
  for (const { eventId, orderId } of run.acknowledged) {
    const { rows } = await driver.listDeliveries({ eventId, limit: 100, cursor: null }, 0);
    if (rows.length !== run.endpoints.length) {
      problems.push(`${eventId} has ${rows.length} deliveries for ${run.endpoints.length} endpoints`);
    }
    for (const delivery of rows) {
      const mine = run.requests.filter(
        ({ endpointId, body }) => endpointId === delivery.endpointId && body.includes(orderId),
      );
      problems.push(...judge(delivery, delivery.endpointState, mine));
      duplicates += Math.max(0, mine.filter(({ succeeded }) => succeeded).length - 1);
    }
  }
  if (duplicates > run.crashes * MAX_IN_FLIGHT) problems.push(`${duplicates} duplicates`);
  return [...problems, ...wrongBodies(run), ...wrongOrder(run)];
}

function judge(delivery: Delivery, endpointState: string, requests: readonly Request[]): string[] {
  const { id, status, attempts } = delivery;
  const succeeded = requests.some((request) => request.succeeded);
  const delays = contractNamed(delivery.contract)?.retry.delaysMs ?? [];
  const problems: string[] = [];
  if (status === "delivered" && !succeeded) problems.push(`${id} is delivered, and nobody received it`);
  if (status !== "delivered" && status !== "dead_letter" && endpointState === "active") {
    problems.push(`${id} is lost: ${status}`);
  }
  if (attempts.length > delays.length + 1) problems.push(`${id} was tried ${attempts.length} times`);
  if (requests.length < attempts.length) problems.push(`${id} has attempts that were never made`);
  attempts.forEach((attempt, index) => {
    if (attempt.number !== index + 1) problems.push(`${id} attempt ${index} is numbered ${attempt.number}`);
    const next = attempts[index + 1];
    const delayMs = delays[index] ?? 0;
    if (next && next.at - next.durationMs < attempt.at + delayMs) problems.push(`${id} was retried early`);
    if (attempt.error === null && next) problems.push(`${id} was tried again after its success`);
  });
  return problems;
}

/** Every body an endpoint received belongs to its own store. */
const wrongBodies = ({ store, requests }: Run): string[] =>
  requests
    .filter(({ body }) => !body.includes(store.id))
    .map(({ endpointId }) => `${endpointId} got a strange body`);

/**
 * The first attempt of a subject's event starts after that of the event accepted before it has ended. What a dead
 * process had under way is left out: its end means nothing to the next one.
 */
function wrongOrder({ endpoints, acknowledged, requests }: Run): string[] {
  const problems: string[] = [];
  for (const { id } of endpoints) {
    const ended = new Map<string, number>();
    for (const { subjectId, orderId } of acknowledged) {
      const mine = requests.filter(({ endpointId, body }) => endpointId === id && body.includes(orderId));
      const [first] = mine.toSorted((a, b) => a.startedAt - b.startedAt);
      if (!first) continue;
      if (first.startedAt < (ended.get(subjectId) ?? 0)) problems.push(`${orderId} overtook at ${id}`);
      const undisturbed = mine.every(({ process }) => process === first.process);
      if (undisturbed) ended.set(subjectId, first.endedAt);
    }
  }
  return problems;
}

describe.each([
  ["SQLite", openEmbedded, SEEDS],
  // A seed takes many times as long there, and the engine is the same.
  ["PostgreSQL", openServer, Math.min(SEEDS, POSTGRES_SEEDS)],
] as const)("on %s", (_name, open, seeds) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.remove());

  test.each(Array.from({ length: CHUNKS }, (_, chunk) => chunk))(
    "nothing is lost, doubled or sent wrongly in the simulated runs of chunk %i",
    async (chunk) => {
      for (let seed = FIRST + chunk; seed < FIRST + seeds; seed += CHUNKS) {
        const run = await simulate(seed, store.driver);
        expect(await audit(run, store.driver), `seed ${seed}`).toEqual([]);
      }
    },
    300_000,
  );
});
