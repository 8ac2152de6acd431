import { setTimeout as sleep } from "node:timers/promises";
import { type BehaviourName, RETRY_AFTER_SECONDS } from "../behaviours.ts";
import type { Note } from "../ledger.ts";
import { atLeast, atMost, type Check, equal, type Scenario } from "../result.ts";
import { type Rig, withRig } from "../rig.ts";

const ORDERS = 60;
const PACE_MS = 50;
const ATTEMPT_MS = 10_000;
const SETTLED_MS = 30_000;
/** Some of it is the heap's room for the load; a body that were kept would be a gigabyte each. */
const MEMORY_MB = 150;
const HEALTHY_P99_MS = 500;
const LOOK_MS = 50;
const HEALTHY = "A/healthy";

interface Misbehaviour {
  readonly behaviour: BehaviourName;
  /** What the first attempt must be called in the delivery's log. */
  readonly error: string | null;
  readonly status: number | null;
  readonly url?: (port: number) => string;
}

/** A status decides, whatever comes after it: a body without end is cut off and counts for nothing. */
const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  hang: { behaviour: "hang", error: "timeout", status: null },
  reset: { behaviour: "reset", error: "connection_reset", status: null },
  drip: { behaviour: "drip", error: "timeout", status: null },
  endless: { behaviour: "endless", error: null, status: 200 },
  gigabyte: { behaviour: "gigabyte", error: null, status: 200 },
  bomb: { behaviour: "bomb", error: null, status: 200 },
  redirect: { behaviour: "redirect", error: "redirect", status: 302 },
  // An address that promises TLS and speaks none.
  tls: {
    behaviour: "good",
    error: "tls_failed",
    status: null,
    url: (port) => `https://127.0.0.1:${port}/A/tls`,
  },
  empty: { behaviour: "empty", error: null, status: 204 },
  gone: { behaviour: "gone", error: "http_status", status: 410 },
  busy: { behaviour: "busy", error: "http_status", status: 429 },
};

/** The highest resident memory from now until it is stopped. */
function watchMemory(rig: Rig): { stop(): number } {
  let highest = rig.hub.residentMb();
  const timer = setInterval(() => {
    highest = Math.max(highest, rig.hub.residentMb());
  }, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return highest;
    },
  };
}

/** Warms the hub up by way of a store of its own, and says how much memory that takes. */
async function warmUp(rig: Rig): Promise<number> {
  const load = rig.client.load(8, { tag: "B" });
  await sleep(3_000);
  load.stop();
  await load.ended;
  return rig.hub.residentMb();
}

/** What the log says of the first attempt of every delivery that has one. */
async function logged(rig: Rig, endpoint: string): Promise<Set<string>> {
  const rows = await rig.hub.all(`/v1/deliveries?endpointId=${rig.endpointIds.get(endpoint)}`);
  const firsts = rows.flatMap(({ attempts }) => attempts.slice(0, 1));
  return new Set(firsts.map(({ error, statusCode }) => `${error} ${statusCode}`));
}

async function logChecks(rig: Rig): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, { error, status }] of Object.entries(MISBEHAVIOURS)) {
    const seen = [...(await logged(rig, `A/${name}`))].join(", ");
    checks.push(equal(`${name} in the log`, seen, `${error} ${status}`));
  }
  return checks;
}

/** Milliseconds from an order's 201 to its arrival at the healthy endpoint, the 99th percentile. */
function healthyP99(notes: readonly Note[], acceptedAt: ReadonlyMap<string, number>): number {
  const late = notes
    .filter(({ endpoint, number }) => endpoint === HEALTHY && acceptedAt.has(number ?? ""))
    .map(({ number, at }) => at - (acceptedAt.get(number ?? "") ?? 0))
    .sort((a, b) => a - b);
  return late[Math.floor(late.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}

/** The shortest time that the endpoint was left alone after it asked for it. */
function shortestPause(notes: readonly Note[]): number {
  const asked = new Map<string | null, number>();
  const pauses = notes
    .filter(({ endpoint }) => endpoint === "A/busy")
    .flatMap(({ number, status, at }) => {
      if (status === 429) asked.set(number, at);
      return status === 200 ? [at - (asked.get(number) ?? 0)] : [];
    });
  return Math.min(...pauses);
}

export const misbehaving: Scenario = {
  name: "misbehaving",
  title: "endpoints that misbehave",
  run: ({ seed, store }) => {
    const bad = Object.entries(MISBEHAVIOURS).map(([name, { behaviour, url }]) => ({
      ...({ tag: "A", name, contract: "standard", behaviour } as const),
      ...(url && { url }),
    }));
    const healthy = { tag: "A", name: "healthy", contract: "standard", behaviour: "good" } as const;
    const warm = { tag: "B", name: "warm", contract: "standard", behaviour: "good" } as const;
    return withRig({ seed, store, endpoints: [warm, healthy, ...bad], retryScale: 1 }, async (rig) => {
      const before = await warmUp(rig);
      const memory = watchMemory(rig);
      const acceptedAt = new Map<string, number>();
      for (let i = 0; i < ORDERS; i++) {
        const { number, status } = await rig.client.post("A");
        if (status === 201) acceptedAt.set(number, Date.now());
        await sleep(PACE_MS);
      }
      await sleep(ATTEMPT_MS + 1_000);
      const notes = await rig.receivers.call("notes", 0);
      const ledger = await rig.ledger([HEALTHY], SETTLED_MS);
      const grownMb = memory.stop() - before;
      const { state } = await rig.health("A/gone");
      return {
        rounds: 1,
        ledger,
        duplicatesAtMost: 0,
        readyMs: rig.readyMs,
        checks: [
          ...(await logChecks(rig)),
          equal("the endpoint that is gone", state, "disabled"),
          atLeast(
            "shortest pause after Retry-After",
            shortestPause(notes),
            RETRY_AFTER_SECONDS * 1_000,
            " ms",
          ),
          atMost("memory grown by", grownMb, MEMORY_MB, " MB"),
          atMost("healthy: from 201 to arrival, p99", healthyP99(notes, acceptedAt), HEALTHY_P99_MS, " ms"),
          equal("healthy: delivered of owed", ledger.delivered, ledger.owed),
        ],
        skipped: null,
      };
    });
  },
};
