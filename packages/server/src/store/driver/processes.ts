export interface Beat {
  /** The ids of all that are alive after `now`, sorted. */
  readonly live: readonly string[];
  /** It was not there: it has just started, or others have taken it for dead, and what it held may be theirs. */
  readonly isNew: boolean;
}

export interface Lanes {
  /** Notes that a process is alive until then, and forgets those that have run out by `now`. */
  beat(input: { readonly process: string; readonly until: number; readonly now: number }): Promise<Beat>;
  /** The ids of all that are alive after `now`, sorted. */
  liveProcesses(now: number): Promise<readonly string[]>;
  /** The process has ended; what it holds runs out by itself, or is released besides. */
  leave(process: string): Promise<void>;
  /**
   * A lane (an endpoint) is held by one at a time, so that its order, its cap and its ramp hold across processes.
   * Takes those that are free, run out by `now` or the holder's already, until `until`; answers which it then holds,
   * in the order asked for.
   */
  holdLanes(input: {
    readonly holder: string;
    readonly until: number;
    readonly now: number;
    readonly endpointIds: readonly string[];
  }): Promise<readonly string[]>;
  /** Those of them that the holder has. */
  releaseLanes(input: { readonly holder: string; readonly endpointIds: readonly string[] }): Promise<void>;
}

/** A process that counts as alive, and whose connection to the database has ended. */
export interface Lost {
  readonly process: string;
  /** The server itself was started anew since: everybody's connection has ended. */
  readonly withServer: boolean;
}

/**
 * A process that beats is connected for as long as it lives. One that is not is dead, or is about to connect again; one
 * of which that cannot be told is never lost.
 */
export interface Presence {
  lost(now: number): Promise<readonly Lost[]>;
  /** Ends what a lost process holds: its place, its lanes and its leases. False where it is not lost, or is gone already. */
  bury(process: string): Promise<boolean>;
  /** This process's own connection has ended: until it beats again, others may take it for dead. */
  listen(listener: () => void): void;
}

/**
 * `due`: something may be due in these endpoints' lanes; null: in any. `endpoints`: a store's endpoints have changed; `*`
 * where too many to name.
 */
export type Hint =
  | { readonly kind: "due"; readonly endpointIds: readonly string[] | null }
  | { readonly kind: "endpoints"; readonly storeId: string };

/** Only hints: they may come late, twice or never, and all works without. They come back to who said them, too. */
export interface Hints {
  say(hint: Hint): void;
  listen(listener: (hint: Hint) => void): void;
}
