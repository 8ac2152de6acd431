import { afterEach, describe, expect, it } from "vitest";
import type { SendOutcome, Transport } from "../engine/sender.ts";
import { addressPolicy } from "./address-guard.ts";
import { type Answer, closed, OK, type RawReceiver, rawReceiver, silent } from "./receiver.fixture.ts";
import { createSender, type SenderOptions } from "./sender.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function receiver(answer: Answer | string): Promise<RawReceiver> {
  const made = await rawReceiver(answer);
  cleanups.push(() => made.close());
  return made;
}

function sender(options: Partial<SenderOptions> = {}): Transport {
  const policy = addressPolicy({ production: false, allowNetworks: ["127.0.0.0/8"] });
  const made = createSender({ policy, connectionsPerOrigin: 1, timeoutMs: 5_000, ...options });
  cleanups.push(() => made.close());
  return made;
}

const headers = { "content-type": "application/json", "x-webhook-id": "evt_1" };
const post = (to: Transport, url: string, body = '{"a":"é"}'): Promise<SendOutcome> =>
  to.send({ url, headers, body });
const answered = async (answer: string): Promise<SendOutcome> => post(sender(), (await receiver(answer)).url);

describe("a request", () => {
  it("carries the body's bytes, their length and the given headers, and its 2xx is a success", async () => {
    const to = await receiver(OK);
    const outcome = await post(sender(), `${to.url}?a=1`);
    expect(outcome).toEqual({
      statusCode: 200,
      error: null,
      durationMs: expect.any(Number),
      retryAfterMs: null,
    });
    const [request = ""] = to.requests;
    expect(request).toMatch(/^POST \/hook\?a=1 HTTP\/1\.1\r\n/);
    expect(request).toContain(`host: 127.0.0.1:${to.port}\r\n`);
    expect(request).toContain("x-webhook-id: evt_1\r\n");
    expect(request).toContain("content-length: 10\r\n");
    expect(Buffer.from(request.slice(-10), "latin1").toString("utf8")).toBe('{"a":"é"}');
  });

  it("measures its duration in whole milliseconds", async () => {
    const { durationMs } = await answered(OK);
    expect(Number.isInteger(durationMs)).toBe(true);
    expect(durationMs).toBeLessThan(5_000);
  });

  it("is not made where the address is refused", async () => {
    const to = await receiver(OK);
    const strict = sender({ policy: addressPolicy({ production: true, allowNetworks: [] }) });
    expect(await post(strict, to.url)).toMatchObject({ statusCode: null, error: "address_refused" });
    expect(await post(strict, "https://127.0.0.1/")).toMatchObject({ error: "address_refused" });
    expect(to.sockets).toHaveLength(0);
  });

  it.each([{ host: "evil.example" }, { "x-note": "a\r\nb: c" }, { "content-length": "3" }])(
    "is not made with headers that would change what is sent: %j",
    async (bad) => {
      const to = await receiver(OK);
      const outcome = await sender().send({ url: to.url, headers: { ...headers, ...bad }, body: "{}" });
      expect(outcome).toMatchObject({ statusCode: null, error: "protocol_error" });
      expect(to.requests).toHaveLength(0);
    },
  );
});

describe("a response", () => {
  it.each([201, 202, 299])("with status %i is a success", async (status) => {
    expect(await answered(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`)).toMatchObject({
      statusCode: status,
      error: null,
    });
  });

  it("may have no body", async () => {
    expect(await answered("HTTP/1.1 204 No Content\r\n\r\n")).toMatchObject({ statusCode: 204, error: null });
  });

  it("counts only once the interim ones are over", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
    expect(await answered(hints + OK)).toMatchObject({ statusCode: 200, error: null });
  });

  it.each([301, 302, 304, 307, 308])("that redirects is a failure and never followed: %i", async (status) => {
    const elsewhere = await receiver(OK);
    const head = `HTTP/1.1 ${status} Moved\r\nlocation: ${elsewhere.url}\r\ncontent-length: 0\r\n\r\n`;
    expect(await answered(head)).toMatchObject({ statusCode: status, error: "redirect" });
    expect(elsewhere.sockets).toHaveLength(0);
  });

  it.each([400, 404, 410, 429, 500, 503])("with status %i is a failure", async (status) => {
    const outcome = await answered(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`);
    expect(outcome).toMatchObject({ statusCode: status, error: "http_status", retryAfterMs: null });
  });

  it.each([
    [429, "120", 120_000],
    [503, "7", 7_000],
    [429, "9999999", 86_400_000],
    [429, "Wed, 21 Oct 2015 07:28:00 GMT", null],
    [429, "soon", null],
    [500, "120", null],
    [200, "120", null],
  ])("with status %i may ask to be left alone: %s", async (status, value, retryAfterMs) => {
    const outcome = await answered(
      `HTTP/1.1 ${status} X\r\nRetry-After: ${value}\r\ncontent-length: 0\r\n\r\n`,
    );
    expect(outcome).toMatchObject({ statusCode: status, retryAfterMs });
  });
});

describe("a connection", () => {
  it("is used again", async () => {
    const to = await receiver(OK);
    const from = sender();
    for (let i = 0; i < 3; i++) expect(await post(from, to.url)).toMatchObject({ error: null });
    expect(to.sockets).toHaveLength(1);
  });

  it("that the receiver ends as the next request arrives is a failure, and the request is not repeated", async () => {
    const to = await receiver((socket, number) => (number === 1 ? socket.write(OK) : socket.destroy()));
    const from = sender();
    await post(from, to.url);
    expect(await post(from, to.url)).toMatchObject({ statusCode: null, error: "connection_reset" });
    expect(to.requests).toHaveLength(2);
    expect(to.sockets).toHaveLength(1);
  });

  it("that was closed while idle costs nothing: the next request makes another", async () => {
    const to = await receiver(OK);
    const from = sender();
    await post(from, to.url);
    const [socket] = to.sockets;
    socket?.end();
    await closed(socket);
    expect(await post(from, to.url)).toMatchObject({ error: null });
    expect(to.sockets).toHaveLength(2);
  });

  it("is one of at most so many to an origin, however many requests wait", async () => {
    const to = await receiver(OK);
    const from = sender({ connectionsPerOrigin: 2 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => post(from, to.url)));
    expect(outcomes.every(({ error }) => error === null)).toBe(true);
    expect(to.requests).toHaveLength(20);
    expect(to.sockets).toHaveLength(2);
  });

  it("to the origin that was unused the longest is closed where there are too many origins", async () => {
    const [first, second, third] = [await receiver(OK), await receiver(OK), await receiver(OK)];
    const from = sender({ maxOrigins: 2 });
    await post(from, first.url);
    await post(from, second.url);
    await post(from, first.url);
    await post(from, third.url);
    await closed(second.sockets[0]);
    expect(first.sockets[0]?.destroyed).toBe(false);
    expect(await post(from, second.url)).toMatchObject({ error: null });
  });

  it("in use keeps its origin, even where there are too many", async () => {
    const { answer, arrived } = silent();
    const slow = await receiver(answer);
    const other = await receiver(OK);
    const from = sender({ maxOrigins: 1 });
    const first = post(from, slow.url);
    const socket = await arrived;
    await post(from, other.url);
    socket.write(OK);
    expect(await first).toMatchObject({ statusCode: 200 });
  });
});

describe("closing", () => {
  it("waits for the requests under way, ends the connections and makes no more", async () => {
    const { answer, arrived } = silent();
    const to = await receiver(answer);
    const from = sender();
    const underWay = post(from, to.url);
    const socket = await arrived;
    const done = from.close();
    expect(await post(from, to.url)).toMatchObject({ statusCode: null, error: "connection_reset" });
    socket.write(OK);
    expect(await underWay).toMatchObject({ statusCode: 200, error: null });
    await Promise.all([done, closed(socket)]);
    expect(to.requests).toHaveLength(1);
  });
});
