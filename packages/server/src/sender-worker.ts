import { parentPort, workerData } from "node:worker_threads";
import { CONTRACTS } from "@ticketrail/contracts";
import { addressPolicy } from "./adapters/address-guard.ts";
import { SYSTEM_TIME, steadyClock, wallClock } from "./adapters/clock.ts";
import { createSender } from "./adapters/sender.ts";
import { serveSender } from "./adapters/sender-thread.ts";
import { signedSender } from "./engine/signed.ts";

/** What the sender's thread is started with. */
export interface SenderStart {
  readonly production: boolean;
  /** CIDRs that deliveries may reach although they are not public. */
  readonly allowNetworks: readonly string[];
  readonly connectionsPerOrigin: number;
}

if (parentPort) {
  const { connectionsPerOrigin, ...networks } = workerData as SenderStart;
  const transport = createSender({ policy: addressPolicy(networks), connectionsPerOrigin });
  // The hub's main thread says in the log that the clock was moved.
  const clock = steadyClock(SYSTEM_TIME, () => undefined);
  serveSender(parentPort, signedSender({ transport, contracts: CONTRACTS, clock, wallClock }));
}
