import type { TestResult } from "@ticketrail/contracts";
import { notFound } from "../domain/error.ts";
import { type Clock, isoTime, type NewId } from "../domain/id.ts";
import { hourOf, type Store } from "../domain/store.ts";
import type { LeaseGrant, StoreDriver } from "../store/driver.ts";
import { decide } from "./decide.ts";
import type { Leases } from "./leases.ts";
import type { Recorder } from "./recorder.ts";
import type { Sender } from "./sender.ts";
import type { Target, Targets } from "./targets.ts";

export interface TestParts {
  readonly driver: StoreDriver;
  readonly sender: Sender;
  readonly targets: Targets;
  readonly leases: Leases;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Sends a sample at once, past every queue; one attempt, listed, and counting for nothing. Ordeliya, "POST /webhooks/:id/test". */
export async function sendTest(
  parts: TestParts,
  endpointId: string,
  eventType: string | null,
  store: Store,
): Promise<TestResult> {
  const { targets, leases, clock } = parts;
  const target = (await targets.ofStore(store.id)).all.get(endpointId);
  if (!target) throw notFound("webhook endpoint");
  const lease = leases.alone(clock.now());
  leases.take(lease);
  try {
    return await sendUnder(lease, parts, target, eventType, store);
  } finally {
    leases.letGo(lease.token);
  }
}

async function sendUnder(
  lease: LeaseGrant,
  { driver, sender, recorder, clock, newId }: TestParts,
  target: Target,
  eventType: string | null,
  store: Store,
): Promise<TestResult> {
  const endpointId = target.endpoint.id;
  const now = clock.now();
  const eventId = newId("evt_test_");
  const deliveryId = newId("del_");
  const sample = target.contract.sample(eventType, { id: eventId, createdAt: isoTime(now) }, store);
  const { tenantId } = store;
  await driver.acceptEvent({
    event: {
      id: eventId,
      type: "test.ping",
      tenantId,
      storeId: store.id,
      subjectId: eventId,
      createdAt: now,
      data: "{}",
    },
    payloads: [{ contract: target.contract.name, type: sample.type, body: sample.body }],
    deliveries: [
      {
        id: deliveryId,
        endpointId,
        contract: target.contract.name,
        eventType: sample.type,
        handOff: true,
        test: true,
      },
    ],
    endpointsVersion: null,
    lease,
    quota: { hour: hourOf(now), limit: null },
  });
  const delivery = {
    id: deliveryId,
    eventId,
    eventType: sample.type,
    endpointId,
    tenantId,
    storeId: store.id,
    subjectId: eventId,
    body: sample.body,
    createdAt: now,
    test: true,
    attemptCount: 0,
    failures: 0,
  };
  const outcome = await sender.send(target.destination, delivery);
  const endedAt = clock.now();
  const { settlement } = decide(delivery, outcome, target.contract.retry, endedAt, 1);
  const { statusCode, error, durationMs } = outcome;
  const attempt = { number: 1, at: endedAt, statusCode, error, durationMs };
  const record = { deliveryId, endpointId, token: lease.token, attempt, settlement, test: true };
  await new Promise((done) => recorder.record(record, done));
  return {
    delivered: error === null,
    eventId,
    eventType: sample.type,
    deliveryId,
    statusCode,
    durationMs,
    error,
  };
}
