import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { atLeast, equal, type Scenario, skippedBecause } from "../result.ts";
import { type Rig, withRig } from "../rig.ts";
import { storeNamed } from "../stores.ts";
import { mixedEndpoints, RETRY_SCALE } from "./mixed.ts";

const SMALL_MB = 16;
const GROW_MB = 8;
const CONNECTIONS = 8;
const FILL_MS = 90_000;
/** How long it is left full, under load. */
const FULL_MS = 2_000;
const RECOVER_MS = 10_000;
const HONEST = new Set([503, 507]);

/** A small filesystem of its own over the hub's folder; it goes with the folder. */
async function mountSmall(folder: string): Promise<() => Promise<void>> {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_MB}m`, "ticketrail-faults", folder]);
  return async () => void execFileSync("umount", ["-l", folder]);
}

const resize = (folder: string, mb: number): void =>
  void execFileSync("mount", ["-o", `remount,size=${mb}m`, folder]);

/** Orders until one is refused for want of room, some more while it is full, and then there is room again. */
async function fillAndGrow(rig: Rig, mb: number): Promise<boolean> {
  const { client } = rig;
  const refused = (): number => [...client.refusals.values()].reduce((sum, count) => sum + count, 0);
  const before = refused();
  const load = client.load(CONNECTIONS);
  await rig.until(async () => refused() > before, FILL_MS);
  await sleep(FULL_MS);
  load.stop();
  await load.ended;
  resize(rig.folder, mb);
  // Nobody touches the hub: it has to find out by itself.
  return rig.until(async () => (await client.post()).status === 201, RECOVER_MS);
}

const whyNot = (store: string): string | null => {
  if (!storeNamed(store).embedded) return "the store is not in the hub's folder";
  return process.getuid?.() === 0 ? null : "only root can mount a small filesystem";
};

export const diskFull: Scenario = {
  name: "disk-full",
  title: "disk full",
  async run({ seed, store, quick }) {
    const skipped = whyNot(store);
    if (skipped !== null) return skippedBecause(skipped);
    const rounds = quick ? 1 : 2;
    const input = { seed, store, endpoints: mixedEndpoints("good"), retryScale: RETRY_SCALE };
    return withRig({ ...input, prepare: mountSmall }, async (rig) => {
      const recovered: boolean[] = [];
      for (let round = 1; round <= rounds; round++) {
        recovered.push(await fillAndGrow(rig, SMALL_MB + round * GROW_MB));
      }
      const statuses = [...rig.client.refusals];
      const dishonest = statuses.filter(([status]) => !HONEST.has(status)).map(([status]) => status);
      const refused = statuses.reduce((sum, [, count]) => sum + count, 0);
      return {
        rounds,
        ledger: await rig.ledger(),
        duplicatesAtMost: 0,
        readyMs: rig.readyMs,
        checks: [
          atLeast("orders refused while it was full", refused, rounds),
          equal("refusals that are neither 503 nor 507", dishonest.join(" "), ""),
          equal("times it went on unaided", recovered.filter(Boolean).length, rounds),
        ],
        skipped: null,
      };
    });
  },
};
