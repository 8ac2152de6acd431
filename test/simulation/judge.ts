import { contractNamed } from "@ticketrail/contracts";
import type { DeliveryDetail } from "../../packages/server/src/store/driver.ts";
import { isOpen, type Run } from "./run.ts";

/** What is wrong with one delivery's life: its attempts as they were written down, and where they have led. */
export function judge(delivery: DeliveryDetail, { ledger, scenario }: Run): string[] {
  const { id, status, attempts, endpointState, leased, endpointId, eventId } = delivery;
  const problems: string[] = [];
  const orderId = ledger.accepted.get(eventId)?.orderId;
  const requests = ledger.requests.filter(
    (request) => request.endpointId === endpointId && request.orderId === orderId,
  );
  if (isOpen(delivery)) problems.push(`${id} (${orderId}) is still ${status}, though all is well`);
  if (leased) problems.push(`${id} (${orderId}) is leased for good`);
  if (status === "cancelled" && endpointState !== "deleted") problems.push(`${id} was cancelled for nothing`);
  if (requests.length < attempts.length) problems.push(`${id} has attempts that were never made`);
  if (status === "delivered" && !requests.some(({ succeeded }) => succeeded)) {
    problems.push(`${id} is delivered, and nobody received it`);
  }
  const walk = lifeOf(delivery, scenario.retryScale);
  problems.push(...walk.problems.map((problem) => `${id} (${orderId}) ${problem}`));
  if (walk.reopened > ledger.replays)
    problems.push(`${id} (${orderId}) was tried again after it was settled`);
  return problems;
}

interface Life {
  last: "none" | "retrying" | "delivered" | "dead_letter";
  failures: number;
  notBefore: number;
  /** How often it went on from a settled state. */
  reopened: number;
  readonly problems: string[];
}

/** Walks along the attempts as the retry table has it. */
function lifeOf({ attempts, contract, status }: DeliveryDetail, retryScale: number): Life {
  const retry = contractNamed(contract)?.retry;
  const life: Life = { last: "none", failures: 0, notBefore: 0, reopened: 0, problems: [] };
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.number !== index + 1)
      life.problems.push(`has its attempt ${index} numbered ${attempt.number}`);
    if (life.last === "delivered" || life.last === "dead_letter") {
      life.reopened += 1;
      life.failures = 0;
    } else if (attempt.at - attempt.durationMs < life.notBefore) {
      life.problems.push(
        `was retried early, at ${attempt.at - attempt.durationMs} and not ${life.notBefore}`,
      );
    }
    const delayMs = retry?.delaysMs[life.failures];
    if (attempt.error === null) {
      life.last = "delivered";
    } else if (delayMs === undefined || retry?.onFailure(attempt.statusCode) !== "retry") {
      life.last = "dead_letter";
    } else {
      life.last = "retrying";
      life.failures += 1;
      life.notBefore = attempt.at + Math.round(delayMs * retryScale);
    }
  }
  if ((status === "delivered" || status === "dead_letter") && status !== life.last) {
    life.problems.push(`is ${status}, and its last attempt says ${life.last}`);
  }
  if (status === "pending" && life.last !== "none") life.reopened += 1;
  return life;
}
