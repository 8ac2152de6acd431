import { hourOf } from "../../domain/store.ts";
import type { AttemptRecord } from "../driver.ts";
import { bucketOf } from "../histogram.ts";
import type { Db, Value } from "./db.ts";

interface EndpointTally {
  attempts: number;
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  /** Since the last success among these, if there is one. */
  failures: number;
  failingSince: number | null;
}

interface HourTally {
  readonly hour: number;
  readonly endpoint: number;
  readonly bucket: number;
  succeeded: number;
  failed: number;
  totalMs: number;
}

/** What a group of attempts adds to the endpoints' records, added up before it is written. */
export class Tally {
  readonly #endpoints = new Map<number, EndpointTally>();
  readonly #hours = new Map<string, HourTally>();

  /** In the order of the attempts. */
  add(endpoint: number, { attempt, settlement, test }: AttemptRecord): void {
    const tally = this.#endpoint(endpoint);
    tally.attempts++;
    if (test) return;
    const { at, durationMs } = attempt;
    const hour = this.#hour(hourOf(at), endpoint, bucketOf(durationMs));
    hour.totalMs += durationMs;
    if (settlement.status === "delivered") {
      hour.succeeded++;
      tally.lastSuccessAt = at;
      tally.failures = 0;
      tally.failingSince = null;
    } else {
      hour.failed++;
      tally.lastFailureAt = at;
      tally.failures++;
      tally.failingSince ??= at;
    }
  }

  save(db: Db): void {
    const records: Value[][] = [];
    for (const [endpoint, tally] of this.#endpoints) {
      const { failures, failingSince, lastSuccessAt, lastFailureAt, attempts } = tally;
      records.push([endpoint, failures, failingSince, lastSuccessAt, lastFailureAt, attempts]);
    }
    db.insertMany("endpoint_records", SIX, records, ADD_TO_RECORD);
    const hours: Value[][] = [];
    for (const { hour, endpoint, bucket, succeeded, failed, totalMs } of this.#hours.values()) {
      hours.push([hour, endpoint, bucket, succeeded, failed, totalMs]);
    }
    db.insertMany("attempt_hours", SIX, hours, ADD_TO_HOUR);
  }

  #endpoint(endpoint: number): EndpointTally {
    let tally = this.#endpoints.get(endpoint);
    if (!tally) {
      tally = { attempts: 0, lastSuccessAt: null, lastFailureAt: null, failures: 0, failingSince: null };
      this.#endpoints.set(endpoint, tally);
    }
    return tally;
  }

  #hour(hour: number, endpoint: number, bucket: number): HourTally {
    const name = `${hour} ${endpoint} ${bucket}`;
    let tally = this.#hours.get(name);
    if (!tally) {
      tally = { hour, endpoint, bucket, succeeded: 0, failed: 0, totalMs: 0 };
      this.#hours.set(name, tally);
    }
    return tally;
  }
}

const SIX = "(?, ?, ?, ?, ?, ?)";

/** Where nothing succeeded, the failures go on from where they were. */
const ADD_TO_RECORD = `ON CONFLICT (endpoint) DO UPDATE SET
  consecutive_failures = iif(excluded.last_success_at IS NULL, consecutive_failures, 0)
    + excluded.consecutive_failures,
  failing_since = iif(excluded.last_success_at IS NULL, coalesce(failing_since, excluded.failing_since),
    excluded.failing_since),
  last_success_at = coalesce(excluded.last_success_at, last_success_at),
  last_failure_at = coalesce(excluded.last_failure_at, last_failure_at),
  attempts = attempts + excluded.attempts`;

const ADD_TO_HOUR = `ON CONFLICT (hour, endpoint, bucket) DO UPDATE SET
  succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
  total_ms = total_ms + excluded.total_ms`;
