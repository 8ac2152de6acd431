import { renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededDice, shuffled } from "../dice.ts";
import type { Note } from "../ledger.ts";
import type { ContractName } from "../orders.ts";
import { atLeast, atMost, equal, type Scenario } from "../result.ts";
import { type Rig, withRig } from "../rig.ts";
import { mixedEndpoints } from "./mixed.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JUMPS = [HOUR, -HOUR, 8 * DAY, -8 * DAY];

/** So much shorter that a jump falls into every wait. */
const SCALE = 0.05;
const QUICK_SCALE = 0.02;
/** Before the second attempt, by each contract's published table. */
const FIRST_DELAY_MS: Readonly<Record<ContractName, number>> = {
  sela: 30_000,
  mipos: 15_000,
  olympus: 60_000,
  ordeliya: 30_000,
  standard: 5_000,
};
const LONGEST_DELAY_MS = Math.max(...Object.values(FIRST_DELAY_MS));
/** Timers and a thousandth of drift. */
const EARLY_MS = 20;
const LATE_MS = 2_000;
const PACE_MS = 40;
const DEACTIVATION_MS = 61_000;

const PRELOAD = fileURLToPath(new URL("../clock.js", import.meta.url));
/** An endpoint that only ever fails, by the name it has in the books. */
const FAILING = "C/failing";

class MovedClock {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  offsetMs = 0;

  constructor(seed: number) {
    this.path = join(tmpdir(), `ticketrail-faults-clock-${process.pid}-${seed}`);
    this.env = { FAULTS_CLOCK_FILE: this.path };
    this.#write();
  }

  async jump(rig: Rig, ms: number): Promise<void> {
    const before = this.offsetMs;
    this.offsetMs += ms;
    await rig.receivers.call("clockMoved", [before, this.offsetMs]);
    this.#write();
  }

  remove(): void {
    rmSync(this.path);
  }

  /** By a rename, so that nobody reads half of it. */
  #write(): void {
    writeFileSync(`${this.path}.new`, String(this.offsetMs));
    renameSync(`${this.path}.new`, this.path);
  }
}

/** Each order fails once, the clock jumps while it waits, and traffic goes on, so that the hub looks at its clock. */
async function jumpUnderLoad(rig: Rig, clock: MovedClock, ms: number, scale: number): Promise<void> {
  const load = rig.client.load(1, { paceMs: PACE_MS });
  await sleep(300);
  await clock.jump(rig, ms);
  await sleep(LONGEST_DELAY_MS * scale + 200);
  load.stop();
  await load.ended;
}

/** The failing endpoint has failed before and after the clock was set a week forward. */
async function aWeekForward(rig: Rig, clock: MovedClock, holdMs: number): Promise<void> {
  await clock.jump(rig, 8 * DAY);
  const load = rig.client.load(1, { paceMs: 100 });
  await sleep(holdMs);
  load.stop();
  await load.ended;
}

/** A restart takes the machine's time: now the week seems to have passed. */
async function restartTwice(rig: Rig): Promise<void> {
  for (let restarts = 0; restarts < 2; restarts++) {
    await rig.hub.stop("SIGTERM");
    await rig.start();
    // The rule is looked at when the hub starts: there must be a failure of the new week by then.
    for (let i = 0; i < 5; i++) await rig.client.post();
    await sleep(200);
  }
}

interface Gap {
  readonly ms: number;
  readonly delayMs: number;
}

/** Between the first two attempts of each delivery that failed first, as its receiver saw them. */
function gapsOf(notes: readonly Note[], scale: number): Gap[] {
  const firstAt = new Map<string, number>();
  const gaps: Gap[] = [];
  for (const { endpoint, number, at, status } of notes) {
    const pair = `${endpoint} ${number}`;
    const first = firstAt.get(pair);
    const contract = endpoint.slice(endpoint.indexOf("/") + 1) as ContractName;
    if (first === undefined && status === 503) firstAt.set(pair, at);
    else if (first !== undefined && status === 200) {
      gaps.push({ ms: at - first, delayMs: FIRST_DELAY_MS[contract] * scale });
      firstAt.delete(pair);
    }
  }
  return gaps;
}

async function deactivated(rig: Rig): Promise<string[]> {
  const found: string[] = [];
  for (const name of rig.endpointIds.keys()) {
    if ((await rig.health(name)).state !== "active") found.push(name);
  }
  return found;
}

export const clockJumps: Scenario = {
  name: "clock",
  title: "clock jumps",
  async run({ seed, store, quick }) {
    const clock = new MovedClock(seed);
    const scale = quick ? QUICK_SCALE : SCALE;
    const failing = { tag: "C", name: "failing", contract: "standard", behaviour: "failing" } as const;
    const input = {
      seed,
      store,
      endpoints: [...mixedEndpoints("second").filter(({ tag }) => tag === "A"), failing],
      retryScale: scale,
      env: clock.env,
      nodeArgs: ["--import", PRELOAD],
    };
    return withRig(input, async (rig) => {
      for (const ms of shuffled(seededDice(seed), JUMPS)) await jumpUnderLoad(rig, clock, ms, scale);
      // What a restart makes of a moved clock is known: those gaps are no measure.
      const gaps = gapsOf(await rig.receivers.call("notes", 0), scale);
      const dead = await rig.hub.all("/v1/deliveries?status=dead_letter");
      await aWeekForward(rig, clock, quick ? 500 : DEACTIVATION_MS);
      const expired = await rig.hub.all("/v1/orders?status=failed");
      await restartTwice(rig);
      const disabled = await deactivated(rig);
      const noticed = rig.hub.logged().match(/"movedMs"/g)?.length ?? 0;
      const failed = await rig.health(FAILING);
      return {
        rounds: JUMPS.length + 1,
        ledger: await rig.ledger([...rig.endpointIds.keys()].filter((name) => name !== FAILING)),
        duplicatesAtMost: 0,
        readyMs: rig.readyMs,
        checks: [
          // Else nothing has been moved, and all the rest proves nothing.
          equal("jumps that the hub has noticed", noticed, JUMPS.length + 1),
          atLeast("retries measured", gaps.length, 100),
          atMost(
            "retries before their time",
            gaps.filter(({ ms, delayMs }) => ms < delayMs - EARLY_MS).length,
            0,
          ),
          atMost("latest retry", Math.max(...gaps.map(({ ms, delayMs }) => ms - delayMs)), LATE_MS, " ms"),
          equal("dead letters", dead.length, 0),
          equal("endpoints deactivated", disabled.join(" "), ""),
          atLeast("failures in a row of the failing endpoint", failed.consecutiveFailures, 20),
          equal("orders expired", expired.length, 0),
        ],
        skipped: null,
      };
    }).finally(() => clock.remove());
  },
};
