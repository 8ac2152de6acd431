import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { mipos } from "./mipos.ts";
import { type Behaviour, Receiver } from "./receiver.ts";

const SECRET = "secret-id-900";
const order = JSON.stringify({ external_id: "R-1", items: [] });
const open: Receiver[] = [];

async function start(behaviour: Behaviour): Promise<Receiver> {
  const receiver = await Receiver.start(mipos, behaviour);
  receiver.trust("bar", SECRET);
  open.push(receiver);
  return receiver;
}

function post(receiver: Receiver, body: string, secret = SECRET): Promise<Response> {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = { "signature-webhook": signature, connection: "close" };
  return fetch(receiver.url("bar"), { method: "POST", body, headers });
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

describe("a demo receiver", () => {
  it("takes an event once, however often it is delivered", async () => {
    const receiver = await start({ label: "healthy" });
    const handled: string[] = [];
    receiver.onEvent((account, notice) => handled.push(`${account} ${notice.type}`));
    expect((await post(receiver, order)).status).toBe(200);
    expect((await post(receiver, order)).status).toBe(200);
    expect(handled).toEqual(["bar ORDER"]);
    expect(receiver.tally).toMatchObject({ requests: 2, verified: 2, duplicates: 1 });
    expect(receiver.tally.taken.size).toBe(1);
  });

  it("answers 401 to what it cannot verify, and counts it", async () => {
    const receiver = await start({ label: "healthy" });
    expect((await post(receiver, order, "another secret")).status).toBe(401);
    expect(receiver.tally).toMatchObject({ requests: 1, verified: 0, complaints: ["signature mismatch"] });
  });

  it("answers 503 when told to fail, and does not keep the event", async () => {
    const receiver = await start({ label: "failing", fails: () => true });
    expect((await post(receiver, order)).status).toBe(503);
    expect(receiver.tally).toMatchObject({ requests: 1, verified: 1, failed: 1 });
    expect(receiver.tally.taken.size).toBe(0);
  });

  it("hangs up while it is down, and answers at the same address when it is back", async () => {
    const receiver = await start({ label: "down" });
    receiver.setDown(true);
    await expect(post(receiver, order)).rejects.toThrow();
    receiver.setDown(false);
    expect((await post(receiver, order)).status).toBe(200);
    expect(receiver.tally.refused).toBeGreaterThan(0);
  });
});
