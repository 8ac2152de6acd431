import { beforeEach, expect, test } from "vitest";
import { World } from "../../../../test/simulation/world.ts";
import type { DueLanesInput } from "../store/driver.ts";
import { Finder } from "./finder.ts";
import type { Lane } from "./lane.ts";

const START = Date.UTC(2026, 0, 18);
/** A look everywhere takes so long; one for a few endpoints no time. */
const EVERYWHERE_MS = 400;

let world: World;
let looks: { at: number; among: readonly string[] | null }[];
let asked: string[];
let finder: Finder;
beforeEach(async () => {
  world = new World(START);
  looks = [];
  asked = [];
  const dueLanes = ({ among }: DueLanesInput) => {
    looks.push({ at: world.now() - START, among });
    const due = (among ?? []).map((endpointId) => ({
      endpointId,
      storeId: "store_1",
      tenantId: "ten_1",
      nextDueAt: world.now(),
    }));
    if (among !== null) return Promise.resolve(due);
    return new Promise<typeof due>((resolve) => {
      world.at(world.now() + EVERYWHERE_MS, () => resolve(due));
    });
  };
  finder = new Finder({
    driver: { dueLanes } as never,
    dispatcher: { forgetIdleLanes: () => undefined } as never,
    holds: {
      lane({ endpointId }: { endpointId: string }): Lane | null {
        asked.push(endpointId);
        return null;
      },
    } as never,
    holder: "proc_1",
    clock: world,
    timers: world.timers(() => true),
    sweepMs: 1_000,
    expects: () => false,
    onOpen: () => undefined,
    onUnheld: () => undefined,
    onFound: () => undefined,
    onTrouble: (error) => {
      throw error;
    },
  });
  void finder.start();
  await pass(EVERYWHERE_MS);
});

const pass = (ms: number) => world.run(world.now() + ms, () => new Promise<void>(setImmediate));

test("an endpoint that is named is looked for at once, however long the next look everywhere is away", async () => {
  finder.among(["wh_1"]);
  finder.among(["wh_2", "wh_1"]);
  await pass(25);
  expect(asked).toEqual(["wh_1", "wh_2"]);
  finder.among(["wh_3"]);
  await pass(25);
  expect(looks.slice(1)).toEqual([
    { at: EVERYWHERE_MS + 25, among: ["wh_1", "wh_2"] },
    { at: EVERYWHERE_MS + 50, among: ["wh_3"] },
  ]);
});

test("a look everywhere is followed by the next after ten times what it took, whoever asks for one", async () => {
  finder.soon();
  await pass(15 * EVERYWHERE_MS);
  expect(looks).toEqual([
    { at: 0, among: null },
    { at: 10 * EVERYWHERE_MS, among: null },
  ]);
});

test("what a dead process has left is looked for without that pause, also where a look is under way", async () => {
  finder.soon({ urgent: true });
  await pass(100);
  finder.soon({ urgent: true });
  await pass(2 * EVERYWHERE_MS);
  expect(looks.map(({ at }) => at)).toEqual([0, EVERYWHERE_MS, 2 * EVERYWHERE_MS + 25]);
});

test("when it has been stopped nothing is looked for any more", async () => {
  finder.among(["wh_1"]);
  finder.stop();
  finder.among(["wh_2"]);
  finder.soon();
  await pass(60_000);
  expect(looks).toHaveLength(1);
});
