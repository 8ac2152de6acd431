import { Process, type Surroundings } from "./process.ts";

const BOOT_MS = 1_000;
export const DRAIN_MS = 12_000;
/** How long it takes until the other processes have heard of a change. */
const NOTICE_MS = 200;

/** All the processes on one store, each in a place of its own, with somebody who starts a new one where one is gone. */
export class Hub {
  readonly #around: Surroundings;
  readonly #places: (Process | null)[];
  #storeId = "";
  #processes = 0;
  #booting = 0;
  #draining = 0;
  #closed = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#places = Array.from({ length: around.scenario.processes }, () => null);
    around.ledger.onChange = (process, endpointId) => this.#tell(process, endpointId);
  }

  async open(storeId: string): Promise<void> {
    this.#storeId = storeId;
    for (const slot of this.#places.keys()) await this.#boot(slot);
  }

  get running(): Process[] {
    return this.#places.filter((process) => process?.running === true) as Process[];
  }

  /** One of them, by chance. */
  any(): Process | undefined {
    return this.#pick(this.running);
  }

  /** One that takes requests. */
  serving(): Process | undefined {
    return this.#pick(this.running.filter(({ serves }) => serves));
  }

  #pick(processes: readonly Process[]): Process | undefined {
    return processes.length === 0 ? undefined : this.#around.dice.pick(processes);
  }

  /** kill -9: no promise of this process ever resolves again, and a new one starts a second later. */
  kill(): void {
    const process = this.any();
    if (!process) return;
    this.#around.ledger.crashes += 1;
    this.#lose(process, "is killed");
  }

  /** SIGTERM: it takes nothing new, ends what it is at, and gives the rest back. One that starts does that first. */
  restart(): void {
    const process = this.serving();
    if (process) this.#drain(process);
  }

  /** Every process drains, and none comes after it. */
  end(): void {
    this.#closed = true;
    for (const process of this.running) this.#drain(process);
  }

  /** How many have not ended that are to. */
  get draining(): number {
    return this.#draining;
  }

  #drain(process: Process): void {
    const slot = this.#places.indexOf(process);
    this.#places[slot] = null;
    this.#draining += 1;
    this.#around.ledger.note(process.number, () => "drains");
    let gone = false;
    const end = (how: string) => {
      gone = true;
      this.#around.ledger.note(process.number, () => how);
      process.die();
      this.#draining -= 1;
      this.#later(slot);
    };
    void process.engine.drain().then(() => {
      if (gone) return;
      if (process.timers > 0) this.#around.ledger.problems.push(`${process.timers} timers after a drain`);
      end("has drained");
    });
    // The app waits no longer than this, and ends: what is then under way is lost as in a crash.
    this.#around.world.at(this.#around.world.now() + DRAIN_MS, () => {
      if (gone) return;
      this.#around.ledger.crashes += 1;
      if (!this.#troubled()) this.#around.ledger.problems.push("a drain did not end in time");
      end("has not drained in time");
    });
  }

  /** SIGSTOP, and SIGCONT after a while. */
  freeze(slot: number, forMs: number): void {
    const process = this.#places[slot];
    if (!process?.running) return;
    const { world, ledger } = this.#around;
    ledger.freezes += 1;
    ledger.note(process.number, () => `is stopped for ${forMs} ms`);
    process.stop();
    world.at(world.now() + forMs, () => {
      ledger.resumed(process.number);
      process.goOn();
    });
  }

  goOn(): void {
    for (const process of this.#places) {
      if (!process) continue;
      this.#around.ledger.resumed(process.number);
      process.goOn();
    }
  }

  /** How many of the places have a process that serves. */
  get complete(): boolean {
    return this.#booting + this.#draining === 0 && this.running.length === this.#places.length;
  }

  #troubled(): boolean {
    const { outages, slow, freezes } = this.#around.scenario;
    return outages.length + slow.length + freezes.length > 0;
  }

  #lose(process: Process, how: string): void {
    this.#around.ledger.note(process.number, () => how);
    const slot = this.#places.indexOf(process);
    process.die();
    this.#places[slot] = null;
    this.#later(slot);
  }

  #later(slot: number): void {
    const { world } = this.#around;
    this.#booting += 1;
    world.at(world.now() + BOOT_MS, () => {
      this.#booting -= 1;
      void this.#boot(slot);
    });
  }

  async #boot(slot: number): Promise<void> {
    const { ledger, world } = this.#around;
    if (this.#closed) return;
    const process = new Process(this.#around, ++this.#processes, slot);
    ledger.note(process.number, () => "starts");
    ledger.bootedAt.set(process.number, world.now());
    this.#places[slot] = process;
    try {
      await process.engine.start();
      process.serves = true;
    } catch {
      // It could not be started: whoever looks after it tries again.
      if (this.#places[slot] === process) this.#lose(process, "could not start");
    }
  }

  /** As a database's own notification would: whoever made the change knows of it from its answer. */
  #tell(author: number, endpointId: string | null): void {
    const { world, dice, ledger } = this.#around;
    for (const process of this.#places) {
      if (!process || process.number === author) continue;
      world.at(world.now() + dice.upTo(NOTICE_MS), () =>
        process.deliver(() => {
          process.engine.wake(this.#storeId, endpointId);
          if (endpointId === null) ledger.planKnown();
          else ledger.known(process.number, endpointId);
        }),
      );
    }
  }
}
