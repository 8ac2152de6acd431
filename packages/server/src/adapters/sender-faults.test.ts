import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { SendOutcome, Transport } from "../engine/sender.ts";
import { addressPolicy } from "./address-guard.ts";
import type { Lookup } from "./guarded-connector.ts";
import { type Answer, closed, listen, OK, type RawReceiver, rawReceiver } from "./receiver.fixture.ts";
import { createSender, type SenderOptions } from "./sender.ts";

const TIMEOUT_MS = 150;
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

const hasty = (): Transport => sender({ timeoutMs: TIMEOUT_MS });

const post = (to: Transport, url: string): Promise<SendOutcome> => to.send({ url, headers: {}, body: "{}" });

/** Writes `chunk` again and again, as fast as it is taken. */
const streamForever = (socket: Socket, chunk: Buffer): void => {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
};

/** Writes `text` every few milliseconds until the connection ends. */
const drip = (socket: Socket, text: string, first = text): void => {
  socket.write(first);
  const timer = setInterval(() => socket.write(text), 10);
  socket.on("close", () => clearInterval(timer));
};

describe("a receiver that is slow", () => {
  it.each<[string, Answer]>([
    ["says nothing", () => {}],
    ["drips headers", (socket) => drip(socket, "x-a: 1\r\n", "HTTP/1.1 200 OK\r\n")],
    ["goes on with interim responses", (socket) => drip(socket, "HTTP/1.1 102 Processing\r\n\r\n")],
  ])("and %s is given up at the deadline, and the connection with it", async (_what, answer) => {
    const to = await receiver(answer);
    const outcome = await post(hasty(), to.url);
    expect(outcome).toMatchObject({ statusCode: null, error: "timeout", retryAfterMs: null });
    expect(outcome.durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 1);
    await closed(to.sockets[0]);
  });

  it("but whose status came in time has that status", async () => {
    const to = await receiver((socket) => {
      drip(socket, "1\r\nx\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    });
    const outcome = await post(hasty(), to.url);
    expect(outcome).toMatchObject({ statusCode: 200, error: null });
    expect(outcome.durationMs).toBeLessThan(10 * TIMEOUT_MS);
  });

  it("delays no other request beyond its deadline", async () => {
    const to = await receiver(() => {});
    const from = hasty();
    const outcomes = await Promise.all([post(from, to.url), post(from, to.url), post(from, to.url)]);
    expect(outcomes.map(({ error }) => error)).toEqual(["timeout", "timeout", "timeout"]);
    expect(Math.max(...outcomes.map(({ durationMs }) => durationMs))).toBeLessThan(10 * TIMEOUT_MS);
  });

  it("to be found gets nothing of a request whose time ran out meanwhile", async () => {
    const to = await receiver(OK);
    let found: () => void = () => {};
    const wait = new Promise<void>((resolve) => {
      found = resolve;
    });
    const lookup: Lookup = async () => {
      await wait;
      return [{ address: "127.0.0.1", family: 4 }];
    };
    const from = sender({ lookup, timeoutMs: 500 });
    const url = (path: string) => `http://receiver:${to.port}/${path}`;
    expect(await post(from, url("late"))).toMatchObject({ error: "timeout" });
    found();
    expect(await post(from, url("in-time"))).toMatchObject({ statusCode: 200 });
    expect(to.requests.map((request) => request.split(" ")[1])).toEqual(["/in-time"]);
  });

  it("to shake hands is given up at the deadline", async () => {
    const to = await receiver("");
    const url = to.url.replace("http:", "https:");
    expect(await post(hasty(), url)).toMatchObject({ statusCode: null, error: "timeout" });
  });

  it("is given up when its name server does not answer either", async () => {
    const silent: Lookup = () => new Promise(() => {});
    expect(await post(sender({ lookup: silent, timeoutMs: TIMEOUT_MS }), "https://hub.test/")).toMatchObject({
      error: "timeout",
    });
  });
});

describe("a receiver that sends too much", () => {
  it.each([
    [200, null],
    [500, "http_status"],
  ])("is cut off, and its status %i decides", async (status, error) => {
    const to = await receiver((socket) => {
      socket.write(`HTTP/1.1 ${status} X\r\n\r\n`);
      streamForever(socket, Buffer.alloc(65_536, "x"));
    });
    const outcome = await post(sender(), to.url);
    expect(outcome).toMatchObject({ statusCode: status, error });
    expect(outcome.durationMs).toBeLessThan(5_000);
    await closed(to.sockets[0]);
  });

  it("and announces 1 GB is cut off after a few kilobytes", async () => {
    const to = await receiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 30}\r\n\r\n`);
      streamForever(socket, Buffer.alloc(65_536, "x"));
    });
    expect(await post(sender(), to.url)).toMatchObject({ statusCode: 200, error: null });
    const [socket] = to.sockets;
    await closed(socket);
    // What the two kernels hold in their buffers is out of our hands.
    expect(socket?.bytesWritten).toBeLessThan(64 * 2 ** 20);
  });

  it("compressed is not unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 2 ** 20));
    expect(bomb.length).toBeLessThan(16_384);
    const to = await receiver((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    const from = sender();
    expect(await post(from, to.url)).toMatchObject({ statusCode: 200, error: null });
    // Had it been counted unpacked, the connection would have been cut.
    await post(from, to.url);
    expect(to.sockets).toHaveLength(1);
  });

  it("in its headers is a protocol error", async () => {
    const to = await receiver((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      streamForever(socket, Buffer.from(`x-a: ${"a".repeat(1_000)}\r\n`));
    });
    expect(await post(sender(), to.url)).toMatchObject({
      statusCode: null,
      error: "protocol_error",
    });
  });
});

describe("a receiver that breaks off", () => {
  it.each<[string, Answer]>([
    ["resets the connection", (socket) => socket.resetAndDestroy()],
    ["closes it without an answer", (socket) => socket.end()],
    ["closes it in the middle of the head", (socket) => socket.end("HTTP/1.1 200 OK\r\nx-a")],
  ])("and %s counts as a reset", async (_what, answer) => {
    const to = await receiver(answer);
    expect(await post(sender(), to.url)).toMatchObject({ statusCode: null, error: "connection_reset" });
    expect(to.requests).toHaveLength(1);
  });

  it("in the middle of a body has given its status already", async () => {
    const to = await receiver((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"));
    expect(await post(sender(), to.url)).toMatchObject({ statusCode: 200, error: null });
  });

  it("before it is reached is a refused connection", async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    await once(server, "close");
    expect(await post(sender(), `http://127.0.0.1:${port}/`)).toMatchObject({
      statusCode: null,
      error: "connection_refused",
    });
  });
});

describe("a receiver that does not speak HTTP", () => {
  it.each([
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/1.1 2x0 OK\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  ])("is a protocol error: %j", async (answer) => {
    const to = await receiver(answer);
    expect(await post(sender(), to.url)).toMatchObject({ statusCode: null, error: "protocol_error" });
  });
});

describe("a name", () => {
  const resolving = (...addresses: string[]): { lookup: Lookup; asked: string[] } => {
    const asked: string[] = [];
    const lookup: Lookup = async (hostname) => {
      asked.push(hostname);
      return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    };
    return { lookup, asked };
  };

  it.each([
    ["a private address", ["10.0.0.1"]],
    ["a public and a private address", ["93.184.216.34", "10.0.0.1"]],
    ["the cloud's metadata", ["169.254.169.254"]],
    ["an IPv4-mapped address", ["::ffff:127.0.0.1"]],
    ["something that is no address", ["fe80::1%eth0"]],
  ])("that resolves to %s is refused", async (_what, addresses) => {
    const { lookup } = resolving(...addresses);
    expect(await post(sender({ lookup }), "https://hub.test/")).toMatchObject({ error: "address_refused" });
  });

  it("that resolves to nothing has failed to resolve", async () => {
    expect(await post(sender({ lookup: resolving().lookup }), "https://hub.test/")).toMatchObject({
      error: "dns_failed",
    });
    const failing: Lookup = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    expect(await post(sender({ lookup: failing }), "https://hub.test/")).toMatchObject({
      error: "dns_failed",
    });
  });

  it("is resolved once for each connection, and the connection goes to the address that was checked", async () => {
    const to = await receiver(OK);
    const { lookup, asked } = resolving("127.0.0.1");
    const from = sender({ lookup });
    expect(await post(from, `http://receiver:${to.port}/hook`)).toMatchObject({ statusCode: 200 });
    expect(await post(from, `http://receiver:${to.port}/hook`)).toMatchObject({ statusCode: 200 });
    expect(asked).toEqual(["receiver"]);
    expect(to.requests[0]).toContain(`host: receiver:${to.port}\r\n`);
  });

  it("that turns public is still out of reach for plain http", async () => {
    const { lookup } = resolving("93.184.216.34");
    expect(await post(sender({ lookup }), "http://receiver/")).toMatchObject({ error: "address_refused" });
  });

  it("under localhost is never asked of a name server", async () => {
    const to = await receiver(OK);
    const { lookup, asked } = resolving("93.184.216.34");
    const from = sender({ lookup });
    expect(await post(from, `http://kitchen.localhost:${to.port}/`)).toMatchObject({ statusCode: 200 });
    expect(asked).toEqual([]);
  });
});
