import type { Packed } from "./parcels.ts";

/** What one process says to another. */
export type Word =
  /** It has accepted these, and the other one is to send them. */
  | { readonly kind: "offer"; readonly deliveries: Packed }
  /** Of one that sends: whether it falls behind, and how many attempts have ended since it last said so. */
  | { readonly kind: "state"; readonly pressed: boolean; readonly ended: number };

export interface NeighbourListener {
  /** `process`: one that was met; null: one that has come by itself. */
  readonly heard: (process: string | null, word: Word) => void;
  /** It was met, and is out of reach. */
  readonly lost: (process: string) => void;
}

/**
 * The other processes on this machine that share the store. What is said to them may be lost, and nothing depends on it:
 * it is said of what is durable in the store, where all of it is found without.
 */
export interface Neighbours {
  listen(listener: NeighbourListener): void;
  /** From now on others may come to this process, by its id. */
  open(process: string): Promise<void>;
  /** Turns to those of them that are on this machine, and to nobody else. */
  meet(processes: readonly string[]): void;
  /** Whether it was met, and takes what it is told. */
  reaches(process: string): boolean;
  tell(process: string, word: Word): void;
  /** How many have come by themselves. */
  readonly guests: number;
  tellGuests(word: Word): void;
  close(): void;
}
