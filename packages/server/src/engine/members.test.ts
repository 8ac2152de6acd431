import { expect, test } from "vitest";
import type { Holds } from "./holds.ts";
import { LEASE_MS, Leases } from "./leases.ts";
import { Members, type MembersParts } from "./members.ts";

test("leases of its own that ran out while the store was out of reach are extended before any are freed", async () => {
  let now = 1_000_000;
  let reachable = true;
  const calls: string[] = [];
  const tasks: { readonly at: number; readonly task: () => void }[] = [];
  const verb =
    <Result>(name: string, result: Result) =>
    async (): Promise<Result> => {
      if (!reachable) throw new Error("The store is out of reach.");
      calls.push(name);
      return result;
    };
  const driver = {
    beat: verb("beat", { live: ["proc_1"], isNew: false }),
    leave: verb("leave", undefined),
    extendLease: verb("extendLease", 1),
    // Takes its time, so that it comes at other moments than what extends leases.
    recoverLeases: async () => {
      const freed = await verb("recoverLeases", 0)();
      now += 300;
      return freed;
    },
    presence: null,
  } satisfies MembersParts["driver"];
  const holds = { renew: async () => undefined, until: Number.POSITIVE_INFINITY } as unknown as Holds;
  const leases = new Leases(
    () => "proc_1/1",
    () => Number.POSITIVE_INFINITY,
  );
  leases.take(leases.shared(now));
  const members = new Members({
    driver,
    leases,
    holds,
    holder: "proc_1",
    clock: { now: () => now },
    timers: {
      after: (ms, task) => {
        tasks.push({ at: now + ms, task });
        return () => undefined;
      },
      soon: (task) => task(),
    },
    onFreed: () => undefined,
    onDoubt: () => undefined,
    onCertain: () => undefined,
    onTrouble: () => undefined,
  });
  /** Runs what is due, one after the other. */
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; now < end; now = Math.min(end, now + 100)) {
      for (const due of tasks.filter(({ at }) => at <= now)) {
        tasks.splice(tasks.indexOf(due), 1);
        due.task();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  await members.start();
  await pass(6_000);
  expect(calls).toContain("recoverLeases");
  reachable = false;
  await pass(2 * LEASE_MS);
  await pass(1_100 - (now % 1_000));
  calls.length = 0;
  reachable = true;
  await pass(1_000);
  expect(calls).toContain("recoverLeases");
  expect(calls.indexOf("extendLease")).toBeGreaterThan(-1);
  expect(calls.indexOf("extendLease")).toBeLessThan(calls.indexOf("recoverLeases"));
  members.stop();
});
