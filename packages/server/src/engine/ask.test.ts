import { expect, it } from "vitest";
import type { ClaimResult } from "../store/driver.ts";
import { askFor, settleLane } from "./ask.ts";
import { Lane } from "./lane.ts";

const NOW = 1_000;
const AT = { endpointId: "wh_1", storeId: "store_1", tenantId: "ten_1" };
const LIMITS = { maxInFlight: 8, minInFlight: 4, window: 32 };
const NOTHING_LEFT: ClaimResult = {
  deliveries: [],
  rateLimited: false,
  next: { wh_1: null },
  endpointsVersion: 1,
};

function countedLane(): Lane {
  const lane = new Lane(AT, LIMITS);
  lane.counted = true;
  lane.backlog = true;
  return lane;
}

it("what was under way when a claim was made is not left once it has taken all there was", () => {
  const lane = countedLane();
  lane.queueing = 2;
  const ask = askFor(lane, 10, 10);
  expect(ask.reopens).toBe(true);
  lane.queueing = 0;
  lane.queued(NOW);
  lane.queued(NOW);
  settleLane(ask, { first: 2, again: 0 }, NOTHING_LEFT, NOW);
  expect(lane).toMatchObject({ depth: 0, backlog: false, nextDueAt: null });
});

it("but where one of them was given up, another may have come after the claim", () => {
  const lane = countedLane();
  lane.queueing = 1;
  const ask = askFor(lane, 10, 10);
  lane.abandoned();
  lane.queueing = 1;
  lane.backlog = true;
  lane.queueing = 0;
  lane.queued(NOW);
  settleLane(ask, { first: 0, again: 0 }, NOTHING_LEFT, NOW);
  expect(lane).toMatchObject({ depth: 1, backlog: true, nextDueAt: NOW });
});

it("what others are said to have left while a claim was under way is asked for again", () => {
  const lane = countedLane();
  const ask = askFor(lane, 10, 10);
  lane.uncounted(NOW);
  settleLane(ask, { first: 0, again: 0 }, NOTHING_LEFT, NOW + 5);
  expect(lane).toMatchObject({ counted: false, backlog: true, nextDueAt: NOW + 5 });
});
