/** Deliveries due up to this long before the mark are still looked at: others may commit them late. */
const MARGIN_MS = 1_000;
/** However busy: how often every lane is looked at from its beginning. */
const SWEEP_MS = 5_000;

/**
 * Where each lane's next claim may start in the index. While somebody holds a snapshot open, entries of what was
 * claimed before cannot be removed, and a claim that walked over all of them would take longer each time.
 */
export class Marks {
  readonly #dueAt = new Map<number, number>();
  #sweptAt = 0;

  /** 0: from the beginning. */
  of(endpoint: number, now: number): number {
    if (now - this.#sweptAt >= SWEEP_MS || now < this.#sweptAt) {
      this.#dueAt.clear();
      this.#sweptAt = now;
    }
    return this.#dueAt.get(endpoint) ?? 0;
  }

  /** After a claim: `next` is when the first that it left is due. */
  set(endpoint: number, next: number | null, now: number): void {
    if (next === null || next > now) this.#dueAt.delete(endpoint);
    else this.#dueAt.set(endpoint, Math.max(0, next - MARGIN_MS));
  }

  /** Something has come back that may be due earlier than any mark. */
  clear(): void {
    this.#dueAt.clear();
  }
}
