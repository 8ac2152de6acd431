import { expect, test } from "vitest";
import { heldDelivery } from "./lane.fixture.ts";
import { Lane } from "./lane.ts";
import { Offers } from "./offers.ts";
import { pack } from "./parcels.ts";

const NOW = 1_000_000;

/** One lane that is held, and what of it is sent, and what is left to a claim. */
function rig({ room = 10 } = {}) {
  const lane = new Lane(
    { endpointId: "wh_1", tenantId: "ten_1", storeId: "store_1" },
    { maxInFlight: 8, minInFlight: 2, window: 100 },
  );
  const seen = { sent: [] as string[], left: 0 };
  const offers = new Offers({
    neighbours: {
      guests: 1,
      listen: () => undefined,
      open: () => Promise.resolve(),
      meet: () => undefined,
      reaches: () => true,
      tell: () => undefined,
      tellGuests: () => undefined,
      close: () => undefined,
    },
    dispatcher: {
      roomFor: () => room - seen.sent.length,
      roomToPass: () => 0,
      reserve: () => undefined,
      push: (_lane, held) => {
        for (const { delivery, token } of held) if (token === null) seen.sent.push(delivery.id);
      },
      pump: () => undefined,
    },
    holds: { lane: () => lane, until: Number.POSITIVE_INFINITY },
    live: () => ["one"],
    clock: { now: () => NOW },
    timers: { after: () => () => undefined, soon: (task) => task() },
    onQueued: () => {
      seen.left += 1;
    },
    onQueuedElsewhere: () => expect.fail("The lane is held here."),
  });
  const offer = (...ids: string[]) =>
    offers.take(pack(ids.map((id) => ({ ...of(id), createdAt: NOW - 10 }))));
  const of = (id: string) => heldDelivery(id, `ord_${id}`).delivery;
  return { lane, offers, offer, of, seen };
}

test("what is offered is sent without a lease", () => {
  const { lane, offer, seen } = rig();
  offer("a", "b");
  expect(seen).toEqual({ sent: ["a", "b"], left: 0 });
  expect(lane.backlog).toBe(false);
});

test("what comes while a claim of its lane is under way waits for the answer, which may bring it", () => {
  const { lane, offers, offer, of, seen } = rig();
  lane.askedAt = lane.drains;
  offer("a", "b");
  expect(seen).toEqual({ sent: [], left: 0 });
  lane.askedAt = null;
  offers.claimed([of("a")]);
  offers.answered(lane);
  expect(seen).toEqual({ sent: ["b"], left: 0 });
});

test("what a claim has brought of late is not sent again", () => {
  const { offers, offer, of, seen } = rig();
  offers.claimed([of("a")]);
  offer("a");
  expect(seen).toEqual({ sent: [], left: 0 });
});

test("what was accepted before something was given back is left to a claim, which knows what goes first", () => {
  const { lane, offer, seen } = rig();
  lane.gaveBackAt = NOW - 10;
  offer("a");
  expect(seen).toEqual({ sent: [], left: 1 });
  expect(lane.backlog).toBe(true);
});

test("what was accepted after that is sent", () => {
  const { lane, offer, seen } = rig();
  lane.gaveBackAt = NOW - 11;
  offer("a");
  expect(seen).toEqual({ sent: ["a"], left: 0 });
});

test("what finds no room is left to a claim, and so is all that comes after it", () => {
  const { lane, offer, seen } = rig({ room: 1 });
  offer("a", "b");
  expect(seen).toEqual({ sent: ["a"], left: 1 });
  expect(lane.handsOver(NOW)).toBe(false);
});
