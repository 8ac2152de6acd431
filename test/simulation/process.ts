import { CONTRACTS } from "@ticketrail/contracts";
import { createVault } from "../../packages/server/src/adapters/vault.ts";
import type { NewId } from "../../packages/server/src/domain/id.ts";
import { ADMISSION } from "../../packages/server/src/engine/admission.ts";
import { createEngine } from "../../packages/server/src/engine/create.ts";
import type { Engine } from "../../packages/server/src/engine/engine.ts";
import { JOBS } from "../../packages/server/src/engine/jobs.ts";
import type { Transport } from "../../packages/server/src/engine/sender.ts";
import { signedSender } from "../../packages/server/src/engine/signed.ts";
import type { Timers } from "../../packages/server/src/engine/timers.ts";
import { createServices, type Services } from "../../packages/server/src/service/services.ts";
import { StorageFull, StorageUnavailable, type StoreDriver } from "../../packages/server/src/store/driver.ts";
import type { Street } from "../street.ts";
import { Gate } from "./gate.ts";
import type { Ledger } from "./ledger.ts";
import type { Receivers } from "./receivers.ts";
import type { Scenario } from "./scenario.ts";
import type { Dice, World } from "./world.ts";

const DAY = 86_400_000;
export const SWEEP_MS = 30_000;
/** What the hub does by itself that has to do with deliveries under way, less often than in life: each turn costs a call. */
export const JOB_MS = 60_000;
const MINE = new Set(["stepReplays", "cancelDeleted"]);
const JOBS_HERE = JOBS.filter(({ run }) => MINE.has(run.name)).map((job) => ({ ...job, everyMs: JOB_MS }));

export const vault = createVault(new Uint8Array(32).fill(7));
export const isStorageTrouble = (error: unknown): boolean =>
  error instanceof StorageFull || error instanceof StorageUnavailable;

export interface Surroundings {
  readonly driver: StoreDriver;
  readonly world: World;
  readonly dice: Dice;
  readonly newId: NewId;
  readonly ledger: Ledger;
  readonly scenario: Scenario;
  readonly receivers: Receivers;
  readonly street: Street;
}

/** One process of the hub: it runs, is stopped and goes on (SIGSTOP, SIGCONT), or dies (kill -9). */
export class Process {
  readonly engine: Engine;
  readonly services: Services;
  readonly #around: Surroundings;
  readonly #waiting: (() => void)[] = [];
  #state: "running" | "stopped" | "dead" = "running";
  /** It has started: the application listens no sooner. */
  serves = false;
  /** Timers that have not gone off. */
  timers = 0;

  constructor(
    around: Surroundings,
    readonly number: number,
    slot: number,
  ) {
    this.#around = around;
    const { world, ledger, scenario } = around;
    const gate = new Gate({
      ...around,
      process: number,
      slot,
      alive: () => this.#state !== "dead",
      deliver: (task) => this.deliver(task),
    });
    this.engine = this.#createEngine(gate.driver, scenario, ledger);
    this.services = createServices({
      driver: gate.driver,
      engine: this.engine,
      vault,
      clock: world,
      contracts: new Map(CONTRACTS.map((contract) => [contract.name, contract])),
      checkUrl: (url) => new URL(url),
    });
  }

  get running(): boolean {
    return this.#state === "running";
  }

  die(): void {
    this.#state = "dead";
  }

  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  goOn(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    for (const task of this.#waiting.splice(0)) this.deliver(task);
  }

  /** Runs the task in this process: not before it goes on where it is stopped, and never where it is dead. */
  deliver(task: () => void): void {
    if (this.#state === "running") task();
    else if (this.#state === "stopped") this.#waiting.push(task);
  }

  #createEngine(driver: StoreDriver, scenario: Scenario, ledger: Ledger): Engine {
    const { world, newId } = this.#around;
    return createEngine({
      driver,
      neighbours: this.#around.street.door({
        deliver: (task) => this.deliver(task),
        isThere: () => this.#state !== "dead",
      }),
      sender: signedSender({
        transport: this.#transport(),
        contracts: CONTRACTS,
        clock: world,
        wallClock: world,
      }),
      vault,
      contracts: CONTRACTS,
      clock: world,
      timers: this.#timers(),
      newId,
      limits: { lane: { maxInFlight: 2, minInFlight: 1, window: 4 }, maxInFlight: 4, window: 6 },
      retryScale: scenario.retryScale,
      retentionMs: 90 * DAY,
      sweepMs: SWEEP_MS,
      jobs: JOBS_HERE,
      exclusive: scenario.processes === 1,
      sends: true,
      admission: ADMISSION,
      load: () => 0,
      onAccepted: () => undefined,
      onAttempt: () => undefined,
      onDeactivated: () => undefined,
      onTrouble: (error) => {
        if (!isStorageTrouble(error)) throw error;
        ledger.note(this.number, () => `trouble: ${(error as Error).name}`);
      },
    });
  }

  #timers(): Timers {
    const { world } = this.#around;
    const after = (delayMs: number, task: () => void) => {
      let open = true;
      const close = () => {
        if (open) this.timers -= 1;
        open = false;
      };
      this.timers += 1;
      const cancel = world.at(world.now() + delayMs, () =>
        this.deliver(() => {
          if (!open) return;
          close();
          task();
        }),
      );
      return () => {
        close();
        cancel();
      };
    };
    // What comes in the same turn is no timer that could hold the process up.
    return { after, soon: (task) => void world.at(world.now(), () => this.deliver(task)) };
  }

  #transport(): Transport {
    const { receivers } = this.#around;
    return {
      close: async () => undefined,
      send: (request) =>
        new Promise((resolve) => {
          receivers.receive(request, this.number, (outcome) => this.deliver(() => resolve(outcome)));
        }),
    };
  }
}
