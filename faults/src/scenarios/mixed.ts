import type { BehaviourName } from "../behaviours.ts";
import { CONTRACTS, type ContractName } from "../orders.ts";
import type { RigInput } from "../rig.ts";

/** The published delays, a thousand times shorter, so that retries happen within a round. */
export const RETRY_SCALE = 0.001;

/**
 * How soon after a kill every endpoint is sent to again: a second of grace and half a second until it is looked again,
 * where processes share the store; then the lanes' way to their new holder, and what waits there already.
 */
export const GOES_ON_MS = 3_000;

const BEHAVIOUR: Readonly<Record<ContractName, BehaviourName>> = {
  sela: "flaky",
  mipos: "flaky",
  // In its contract a 400 is final: there are dead letters.
  olympus: "picky",
  ordeliya: "flaky",
  standard: "good",
};

/** Two stores, each with an endpoint of every contract. */
export const mixedEndpoints = (behaviour?: BehaviourName): RigInput["endpoints"] =>
  ["A", "B"].flatMap((tag) =>
    CONTRACTS.map((contract) => ({
      tag,
      name: contract,
      contract,
      behaviour: behaviour ?? BEHAVIOUR[contract],
    })),
  );
