import type { NeighbourListener, Neighbours, Word } from "../packages/server/src/engine/neighbours.ts";

/** How a process hears, and whether it still can. */
export interface Dweller {
  readonly deliver: (task: () => void) => void;
  readonly isThere: () => boolean;
}

export interface StreetParts {
  /** Runs the task once what was told has arrived. Told later between the same two, it must not arrive sooner. */
  readonly carry: (task: () => void, between: string) => void;
  /** Whether the connection breaks, with all that is on its way. */
  readonly breaks: () => boolean;
}

/** Neighbours without sockets, in a world whose time is made. */
export class Street {
  readonly #parts: StreetParts;
  readonly #doors = new Map<string, Door>();
  #count = 0;
  /** Deliveries that were offered and arrived. */
  offered = 0;

  constructor(parts: StreetParts) {
    this.#parts = parts;
  }

  door(dweller: Dweller): Neighbours {
    return new Door(this, this.#parts, dweller, this.#doors, ++this.#count);
  }
}

class Door implements Neighbours {
  readonly #street: Street;
  readonly #parts: StreetParts;
  readonly dweller: Dweller;
  readonly #doors: Map<string, Door>;
  readonly #number: number;
  listener: NeighbourListener = { heard: () => undefined, lost: () => undefined };
  id: string | null = null;
  isOpen = false;
  /** Its connections, each until it breaks. */
  readonly #met = new Map<string, { readonly to: Door; isUp: boolean }>();
  readonly visitors = new Set<{ readonly from: Door; readonly link: { isUp: boolean } }>();

  constructor(
    street: Street,
    parts: StreetParts,
    dweller: Dweller,
    doors: Map<string, Door>,
    number: number,
  ) {
    this.#street = street;
    this.#parts = parts;
    this.dweller = dweller;
    this.#doors = doors;
    this.#number = number;
  }

  get #isThere(): boolean {
    return this.dweller.isThere();
  }

  listen(listener: NeighbourListener): void {
    this.listener = listener;
  }

  async open(process: string): Promise<void> {
    this.id = process;
    this.isOpen = true;
    this.#doors.set(process, this);
  }

  meet(processes: readonly string[]): void {
    for (const id of processes) {
      const to = this.#doors.get(id);
      if (this.reaches(id) || !to?.isOpen || !to.#isThere) continue;
      const link = { to, isUp: true };
      this.#met.set(id, link);
      to.visitors.add({ from: this, link });
    }
  }

  reaches(process: string): boolean {
    const link = this.#met.get(process);
    if (link?.isUp && (!link.to.isOpen || !link.to.#isThere)) this.#cut(process);
    return this.#met.has(process);
  }

  #cut(process: string): void {
    const link = this.#met.get(process);
    if (!link) return;
    link.isUp = false;
    this.#met.delete(process);
    this.listener.lost(process);
  }

  tell(process: string, word: Word): void {
    const link = this.#met.get(process);
    if (!link) return;
    if (this.#parts.breaks()) this.#cut(process);
    this.#parts.carry(() => {
      if (!link.isUp || !link.to.isOpen) return;
      link.to.dweller.deliver(() => {
        if (word.kind === "offer") this.#street.offered += word.deliveries.length;
        link.to.listener.heard(null, structuredClone(word));
      });
    }, `${this.#number} ${process}`);
  }

  get guests(): number {
    return [...this.visitors].filter(({ from, link }) => link.isUp && from.#isThere).length;
  }

  tellGuests(word: Word): void {
    for (const { from, link } of this.visitors) {
      this.#parts.carry(() => {
        if (link.isUp) from.dweller.deliver(() => from.listener.heard(this.id, structuredClone(word)));
      }, `${this.id} ${from.#number}`);
    }
  }

  close(): void {
    this.isOpen = false;
    for (const id of [...this.#met.keys()]) this.#cut(id);
  }
}
