import { createHmac, createSecretKey } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { senderThread } from "./adapters/sender-thread.ts";
import type { Destination, Sender } from "./engine/sender.ts";
import type { SenderStart } from "./sender-worker.ts";

const built = new URL("../dist/sender-worker.js", import.meta.url);
const SECRET = Buffer.alloc(32, 7);

interface Arrival {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Answers 200, or waits with the answer while `gate` is not resolved. */
async function receiver(gate: Promise<void> = Promise.resolve()) {
  const arrivals: Arrival[] = [];
  let onArrival = () => {};
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    arrivals.push({ path: request.url, headers: request.headers, body });
    onArrival();
    await gate;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const arrived = () =>
    new Promise<void>((resolve) => {
      onArrival = resolve;
    });
  return { url, arrivals, arrived };
}

function threadedSender(): Promise<Sender> {
  const start: SenderStart = { production: false, allowNetworks: ["127.0.0.1/32"], connectionsPerOrigin: 4 };
  return senderThread(new Worker(built, { workerData: start }));
}

const destination = (url: string, keys = [SECRET]): Destination => ({
  url,
  contract: "standard",
  encoding: "base64",
  keys: keys.map((key) => ({ key: createSecretKey(key), expiresAt: null })),
  headers: { "content-type": "application/json" },
});
const parcel = (eventId: string, body: string) => ({
  id: `del_${eventId}`,
  eventId,
  eventType: "order.created",
  body,
});

// A thread runs JavaScript alone, so that these run what `npm run build` made, and are skipped before the first build.
describe.skipIf(!existsSync(built))("the sender on a thread of its own", () => {
  it("signs each attempt with its own destination's key, and sends the body that belongs to it", async () => {
    const { url, arrivals } = await receiver();
    const sender = await threadedSender();
    const first = destination(`${url}/a`);
    const second = destination(`${url}/b`, [Buffer.alloc(32, 8)]);
    const outcomes = await Promise.all([
      sender.send(first, parcel("evt_1", '{"n":1}')),
      sender.send(second, parcel("evt_1", '{"n":1}')),
      sender.send(first, parcel("evt_2", '{"n":"é"}')),
    ]);
    await sender.close();
    expect(outcomes.map(({ statusCode, error }) => [statusCode, error])).toEqual(Array(3).fill([200, null]));
    expect(arrivals.map(({ path, body }) => `${path} ${body}`).sort()).toEqual([
      '/a {"n":"é"}',
      '/a {"n":1}',
      '/b {"n":1}',
    ]);
    for (const { path, headers, body } of arrivals) {
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
      const key = path === "/b" ? Buffer.alloc(32, 8) : SECRET;
      const expected = createHmac("sha256", key).update(signed).digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    }
  });

  it("makes every one of many attempts begun at once, each with its own body, also when it is closed behind them", async () => {
    const { url, arrivals } = await receiver();
    const sender = await threadedSender();
    const target = destination(url);
    // Three of each body in a row, as an event for three endpoints comes.
    const sent = Array.from({ length: 150 }, (_, i) => parcel(`evt_${i}`, `{"n":${Math.floor(i / 3)}}`));
    const outcomes = sent.map((each) => sender.send(target, each));
    await sender.close();
    expect((await Promise.all(outcomes)).every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect(arrivals.map(({ headers, body }) => `${headers["webhook-id"]} ${body}`).sort()).toEqual(
      sent.map(({ eventId, body }) => `${eventId} ${body}`).sort(),
    );
  });

  it("answers each attempt with its own outcome", async () => {
    const { url } = await receiver();
    const sender = await threadedSender();
    const outcomes = await Promise.all([
      sender.send(destination("http://127.0.0.1:1/"), parcel("evt_1", "{}")),
      sender.send(destination(url, []), parcel("evt_2", "{}")),
      sender.send(destination("http://10.0.0.1/"), parcel("evt_3", "{}")),
      sender.send(destination(url), parcel("evt_4", "{}")),
    ]);
    await sender.close();
    expect(outcomes.map(({ error }) => error)).toEqual([
      "connection_refused",
      "secret_unavailable",
      "address_refused",
      null,
    ]);
  });

  it("finishes what is under way before it closes", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { url, arrived } = await receiver(gate);
    const sender = await threadedSender();
    const arriving = arrived();
    const sent = sender.send(destination(url), parcel("evt_1", "{}"));
    await arriving;
    const closing = sender.close();
    open();
    expect((await sent).statusCode).toBe(200);
    await closing;
  });
});
