import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { type Contract, contractNamed } from "@ticketrail/contracts";
import type { Endpoint } from "../../packages/server/src/domain/endpoint.ts";
import { SLOW_MS } from "./gate.ts";
import { judge } from "./judge.ts";
import { type Ledger, plansIn, type Request, type Version } from "./ledger.ts";
import { vault } from "./process.ts";
import type { Run } from "./run.ts";
import { SMALL_LIMIT } from "./scenario.ts";

const MAX_IN_FLIGHT = 4;
const WINDOW = 6;
/** The services keep a store in mind for so long. */
const STORE_CACHE_MS = 5_000;

/** What is wrong with a run, in sentences; nothing when all is well. */
export function audit(run: Run): string[] {
  return [
    ...run.ledger.problems,
    ...lost(run),
    ...run.deliveries.flatMap((delivery) => judge(delivery, run)),
    ...doubled(run),
    ...wrongSends(run),
    ...overQuota(run),
    ...overtaken(run),
  ];
}

/** Every event that was accepted has a delivery for each endpoint that was subscribed then, and for no other. */
function lost({ ledger, deliveries }: Run): string[] {
  const problems: string[] = [];
  for (const id of ledger.acknowledged) if (!ledger.accepted.has(id)) problems.push(`${id} was never stored`);
  for (const { eventId, endpointIds } of ledger.accepted.values()) {
    const mine = deliveries.filter((delivery) => delivery.eventId === eventId);
    const found = mine.map(({ endpointId }) => endpointId).sort();
    const wanted = endpointIds.toSorted();
    if (found.join() !== wanted.join()) problems.push(`${eventId} goes to ${found}, and not to ${wanted}`);
  }
  return problems;
}

/** A crash may double what was in flight; so may a process that others had to take for dead. */
function doubled({ ledger, deliveries, scenario }: Run): string[] {
  const orderIds = new Map([...ledger.accepted.values()].map(({ eventId, orderId }) => [eventId, orderId]));
  let duplicates = 0;
  for (const { eventId, endpointId, attempts } of deliveries) {
    const orderId = orderIds.get(eventId);
    const received = ledger.requests.filter(
      (request) => request.succeeded && request.orderId === orderId && request.endpointId === endpointId,
    );
    const recorded = attempts.filter(({ error }) => error === null).length;
    duplicates += Math.max(0, received.length - Math.max(1, recorded));
  }
  const takenForDead =
    scenario.processes > 1 ? ledger.freezes + scenario.outages.length * scenario.processes : 0;
  // Outcomes that a store in trouble would not take hold their places until they are written.
  const unwritten = ledger.failedCalls > 0 ? WINDOW : MAX_IN_FLIGHT;
  const bound = ledger.crashes * unwritten + takenForDead * WINDOW;
  return duplicates > bound ? [`${duplicates} duplicates, where at most ${bound} are excused`] : [];
}

/**
 * A request goes to what the endpoint is, or to what it was as long as its process could not know better: from the
 * moment a change was answered to the process, or told to it, no request may begin under what was before, but for the
 * time that a call may be under way. What had begun before may end.
 */
function wrongSends({ ledger, store }: Run): string[] {
  return ledger.requests.flatMap((request) => {
    const { url, orderId, body, startedAt, endpointId } = request;
    const versions = ledger.endpoints.get(endpointId) ?? [];
    if (!body.includes(store.id)) return [`${url} got a strange body`];
    if (allowed(versions, request, ledger).some(({ endpoint }) => fits(endpoint, request))) return [];
    return [`${orderId} was sent to ${url} at ${startedAt} as the endpoint was no more`];
  });
}

function allowed(versions: readonly Version[], request: Request, ledger: Ledger): readonly Version[] {
  const { process, startedAt } = request;
  const resumedAt = ledger.resumedAt(process);
  const since = (version: Version): number => {
    const bootedAt = ledger.bootedAt.get(process) ?? 0;
    const known =
      version.knownAt.get(process) ?? (bootedAt > version.at ? bootedAt : Number.POSITIVE_INFINITY);
    // What was read just before the change may be answered a little after it; while a process is stopped, later still.
    return Math.max(resumedAt >= known ? resumedAt : known, version.at + SLOW_MS);
  };
  const slowOrNot = (version: Version): boolean => startedAt > since(version);
  const from = Math.max(0, versions.findLastIndex(slowOrNot));
  return versions.slice(from).filter(({ at }) => at <= startedAt);
}

function fits(endpoint: Endpoint, request: Request): boolean {
  const { url, state, contract, encoding } = endpoint;
  if (url !== request.url || state !== "active") return false;
  const signing = contractNamed(contract)?.signing;
  const read = signing?.read((name) => request.headers[name] ?? null);
  if (!signing || !read) return false;
  const key = keyOf(endpoint, signing);
  const signed = signing.prefix({ eventId: read.eventId, timestamp: read.timestamp ?? "" }) + request.body;
  return read.signatures.includes(createHmac("sha256", key).update(signed).digest(encoding));
}

/** Of each version of an endpoint: a secret takes longer to open than a request to check. */
const keys = new WeakMap<Endpoint, KeyObject>();

function keyOf(endpoint: Endpoint, signing: Contract["signing"]): KeyObject {
  const known = keys.get(endpoint);
  if (known) return known;
  const { id, secrets } = endpoint;
  const key = createSecretKey(signing.key(vault.open(secrets[0]?.sealed ?? "", id)));
  keys.set(endpoint, key);
  return key;
}

/** Counted as they are granted: what was granted in one hour may go out in the next. */
function overQuota({ ledger }: Run): string[] {
  return [...ledger.granted].flatMap(([hour, { size }]) => {
    const limits = plansIn(ledger.plans, hour, STORE_CACHE_MS + SLOW_MS).map((plan) => SMALL_LIMIT[plan]);
    if (limits.some((limit) => limit === null)) return [];
    const most = Math.max(...limits.map((limit) => limit ?? 0));
    return size > most ? [`${size} first attempts in an hour of at most ${most}`] : [];
  });
}

/**
 * The first attempt of a subject's event starts after that of the event accepted before it has ended. What a dead
 * process had under way is left out: its end means nothing to the next one. Where calls failed, or several processes use
 * the embedded store, order is not promised; nor between what several processes take in at one moment; nor where a plan was changed and a crash made some need the plan's quota
 * again that others had got before them.
 */
function overtaken({ ledger, scenario, shared }: Run): string[] {
  const several = scenario.processes > 1;
  if ((several && !shared) || ledger.failedCalls > 0) return [];
  if (ledger.crashes > 0 && ledger.plans.length > 1) return [];
  const problems: string[] = [];
  for (const id of ledger.endpoints.keys()) {
    const ended = new Map<string, { readonly endedAt: number; readonly at: number }>();
    for (const { subjectId, orderId, at } of ledger.accepted.values()) {
      const mine = ledger.requests.filter(
        (request) => request.endpointId === id && request.orderId === orderId,
      );
      const first = mine[0];
      if (!first) continue;
      const before = ended.get(subjectId);
      const follows = before !== undefined && (!several || before.at < at);
      if (follows && first.startedAt < before.endedAt) problems.push(`${orderId} overtook at ${id}`);
      if (mine.every(({ process }) => process === first.process)) {
        ended.set(subjectId, { endedAt: first.endedAt, at });
      }
    }
  }
  return problems;
}
