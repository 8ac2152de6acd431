import { expect, test } from "vitest";
import type { AttemptRecord } from "../store/driver.ts";
import { Recorder } from "./recorder.ts";

const attempt = (id: number): AttemptRecord => ({
  deliveryId: `del_${id}`,
  endpointId: "wh_1",
  token: "lease_1",
  attempt: { number: 1, at: 0, statusCode: 200, error: null, durationMs: 5 },
  settlement: { status: "delivered" },
  test: false,
});

/** A recorder whose calls of the store end when `answer` is called, and whose timers fire at once. */
function recorder() {
  const calls: (readonly AttemptRecord[])[] = [];
  const answers: ((outcome: Error | null) => void)[] = [];
  const driver = {
    recordAttempts: (records: readonly AttemptRecord[]) =>
      new Promise<boolean[]>((resolve, reject) => {
        calls.push(records);
        answers.push((error) => (error ? reject(error) : resolve(records.map(() => true))));
      }),
  };
  const timers = {
    soon: (task: () => void) => queueMicrotask(task),
    after: (_: number, task: () => void) => {
      setImmediate(task);
      return () => undefined;
    },
  };
  const troubles: unknown[] = [];
  const made = new Recorder(driver as never, timers as never, (error) => troubles.push(error));
  const answer = async (error: Error | null = null) => {
    answers.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { made, calls, answer, troubles };
}

test("what ends while a call is under way goes into the next one, all of it", async () => {
  const { made, calls, answer } = recorder();
  const done: number[] = [];
  made.record(attempt(0), () => done.push(0));
  await Promise.resolve();
  for (let id = 1; id < 1_500; id++) made.record(attempt(id), () => done.push(id));
  await answer();
  await answer();
  expect(calls.map((records) => records.length)).toEqual([1, 1_499]);
  expect(done).toHaveLength(1_500);
});

test("what the store could not write is tried again, before what came later", async () => {
  const { made, calls, answer, troubles } = recorder();
  const done: number[] = [];
  for (const id of [0, 1]) made.record(attempt(id), () => done.push(id));
  await Promise.resolve();
  made.record(attempt(2), () => done.push(2));
  await answer(new Error("disk full"));
  expect(done).toEqual([]);
  await answer();
  expect(troubles).toHaveLength(1);
  expect(calls.map((records) => records.map(({ deliveryId }) => deliveryId))).toEqual([
    ["del_0", "del_1"],
    ["del_0", "del_1", "del_2"],
  ]);
  expect(done).toEqual([0, 1, 2]);
});
