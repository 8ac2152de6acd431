import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_KEY, Hub, STORES, until } from "./hub.ts";
import { Receiver } from "./receiver.ts";

const ROUNDS = 5;
const CLIENTS = 8;
const MAX_IN_FLIGHT = 64;
const SECRET = "whsec_b2xkIHNlY3JldCBmb3IgdGhlIGNyYXNoIHRlc3Q=";

const genuine = (body: Buffer, headers: NodeJS.Dict<string | string[]>): boolean => {
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`;
  const signature = createHmac("sha256", key).update(signed).update(body).digest("base64");
  return headers["webhook-signature"] === `v1,${signature}`;
};

describe.each(STORES)("on %s", (name) => {
  const hub = new Hub();
  const receiver = new Receiver();
  let storeId = "";

  beforeAll(async () => {
    await receiver.start();
    await hub.on(name);
    await hub.start();
    const store = await hub.post("/v1/stores", {
      name: "Crash",
      currency: "EUR",
      timezone: "UTC",
      plan: "enterprise",
    });
    storeId = store.body.id;
    await hub.post("/v1/endpoints", {
      storeId,
      contract: "standard",
      url: receiver.url,
      events: ["order.*"],
      secret: SECRET,
    });
  });
  afterAll(async () => {
    await hub.remove();
    await receiver.stop();
  });

  /** What the client knows: an intent before each POST, an acknowledgement after each 2xx. */
  const intended = new Set<string>();
  const acknowledged = new Set<string>();
  let sequence = 0;

  /** Posts orders until its connection breaks; every order carries a number of its own. */
  async function client(): Promise<void> {
    for (;;) {
      const number = `N${++sequence}`;
      intended.add(number);
      try {
        const answer = await fetch(`${hub.url}/v1/orders`, {
          method: "POST",
          headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
          body: JSON.stringify({
            storeId,
            displayNumber: number,
            items: [{ name: "Soup", quantity: 1, unitMinor: 500 }],
            totals: { subtotalMinor: 500, totalMinor: 500 },
          }),
        });
        if (answer.status === 201) acknowledged.add(number);
        await answer.arrayBuffer();
      } catch {
        return;
      }
    }
  }

  test(`kill -9 under load, ${ROUNDS} times: nothing acknowledged is lost, nothing wrong is sent`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const load = Promise.all(Array.from({ length: CLIENTS }, client));
      // At some moment of the load: after a few hundred requests, another number each round.
      await receiver.received(receiver.requests.length + 150 + round * 83);
      await hub.stop("SIGKILL");
      await load;
      await hub.runOutLeases();
      await hub.start();
      expect((await hub.get("/readyz")).status).toBe(200);
    }
    const counts = await until(
      async () =>
        (await hub.get(`/v1/deliveries?storeId=${storeId}&status=pending&limit=1`)).body.data.length,
      (pending) => pending === 0,
    );
    expect(counts).toBe(0);

    const seen = new Map<string, number>();
    for (const { body, headers } of receiver.requests) {
      expect(genuine(body, headers)).toBe(true);
      const event = JSON.parse(body.toString());
      expect(event.storeId).toBe(storeId);
      seen.set(event.data.displayNumber, (seen.get(event.data.displayNumber) ?? 0) + 1);
    }
    const lost = [...acknowledged].filter((number) => !seen.has(number));
    const strange = [...seen.keys()].filter((number) => !intended.has(number));
    const duplicates = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
    expect({ lost, strange }).toEqual({ lost: [], strange: [] });
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * 100);
    expect(duplicates).toBeLessThanOrEqual(ROUNDS * MAX_IN_FLIGHT);
  }, 200_000);
});
