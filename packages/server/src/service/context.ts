import type { Contract } from "@ticketrail/contracts";
import type { Clock } from "../domain/id.ts";
import type { Engine } from "../engine/engine.ts";
import type { Vault } from "../engine/vault.ts";
import type { StoreDriver } from "../store/driver.ts";

/** The effects that the use cases are given. */
export interface ServiceContext {
  readonly driver: StoreDriver;
  readonly engine: Engine;
  readonly vault: Vault;
  readonly clock: Clock;
  /** By name. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** The parsed URL when deliveries may go there, else what is wrong with it, as a phrase that follows `url`. */
  readonly checkUrl: (url: string) => URL | string;
}

/** How often a change is tried again when somebody else has changed the same thing meanwhile. */
export const CONFLICT_TRIES = 20;
