/** What no HTTP client would send, over real sockets. */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRig, type Rig, until } from "./rig.test.ts";

let rig: Rig;
let port: number;
beforeAll(async () => {
  rig = await openRig({ hosts: new Map([["sela.example.com", "sela"]]) });
  await rig.app.listen({ host: "127.0.0.1", port: 0 });
  port = (rig.app.server.address() as AddressInfo).port;
});
afterAll(() => rig.close());

/** Everything that comes back until the hub closes, or has answered. */
function talk(text: string): Promise<{ status: number; head: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text, "latin1"));
    let got = "";
    const finish = () => {
      socket.destroy();
      const [head = "", body = ""] = got.split("\r\n\r\n", 2);
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1]), head, body });
    };
    socket.on("data", (chunk) => {
      got += chunk.toString();
      const length = Number(/content-length: (\d+)/i.exec(got)?.[1] ?? Number.NaN);
      const start = got.indexOf("\r\n\r\n");
      if (start > 0 && got.length - start - 4 >= length) finish();
    });
    socket.on("end", finish);
    socket.on("error", reject);
  });
}

/** As a client that looks for no answer before it has sent everything. */
function sendThenRead(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").on("error", reject);
    socket.write(text, "latin1", () => {
      let got = "";
      socket.on("data", (chunk) => {
        got += chunk.toString();
      });
      socket.on("end", () => resolve(got));
    });
  });
}

test.each([
  ["no HTTP at all", "hello\r\n\r\n", 422],
  ["a version that is none", "GET /v1/stores HTTP/9.9\r\nHost: a\r\n\r\n", 422],
  ["a header without a name", "GET /v1/stores HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 422],
  ["NUL in a header", "GET /v1/stores HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 422],
  [
    "both ways of saying the length",
    "POST /v1/stores HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    422,
  ],
  ["two hosts", "GET /v1/stores HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", 422],
  ["no host", "GET /v1/stores HTTP/1.1\r\n\r\n", 422],
  ["a length that is none", "POST /v1/stores HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 422],
  ["headers of 20 KB", `GET /v1/stores HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ["a path of 20 KB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ["a method that Fastify asks a media type of", "QUERY /v1/stores HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ["the same where there is nothing", "QUERY /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404],
  ["a proxy's CONNECT", "CONNECT /v1/stores HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ["a path of 10 KB", `GET /${"x".repeat(10_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 404],
])("%s is answered as a problem", async (_, text, status) => {
  const reply = await talk(text);
  expect([reply.status, reply.head]).toEqual([status, expect.stringContaining("application/problem+json")]);
  expect(JSON.parse(reply.body)).toMatchObject({
    status,
    code: expect.any(String),
    requestId: expect.any(String),
  });
});

test("a broken request under a contract's path, or to its host, has the contract's envelope", async () => {
  for (const [path, host] of [
    ["/sela/api/v1/orders", "a"],
    ["/api/v1/orders", "sela.example.com:80"],
  ]) {
    const reply = await talk(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX: a\0b\r\n\r\n`);
    expect(JSON.parse(reply.body).error.code).toBe("invalid_request");
  }
});

test("a request whose very line is broken has the envelope of the path that it begins with", async () => {
  for (const line of ["GET /ordeliya/web hooks HTTP/1.1", "GET /ordeliya/webhooks HTTP/9.9"]) {
    const reply = await talk(`${line}\r\nHost: a\r\n\r\n`);
    expect([reply.status, JSON.parse(reply.body).success]).toEqual([400, false]);
  }
});

test("a path that is too long to be read whole has the envelope of what it begins with", async () => {
  const reply = await talk(`GET /ordeliya/webhooks?a=${"x".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect([reply.status, JSON.parse(reply.body).success]).toEqual([431, false]);
});

test("a request that names no host is refused in the envelope of its path, unless it is of HTTP/1.0", async () => {
  const reply = await talk("GET /ordeliya/webhooks HTTP/1.1\r\n\r\n");
  expect(reply.status).toBe(400);
  expect(JSON.parse(reply.body)).toMatchObject({ success: false, error: { details: [{ field: "host" }] } });
  expect((await talk("GET /ordeliya/health HTTP/1.0\r\n\r\n")).status).toBe(200);
});

test("a request for a whole URL is one for its path, at the host that it names", async () => {
  const known = await talk("GET http://a:80/ordeliya/health?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect([known.status, JSON.parse(known.body).success]).toEqual([200, true]);
  const unknown = await talk("GET http://sela.example.com/nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  expect([unknown.status, JSON.parse(unknown.body).error.code]).toEqual([404, "not_found"]);
});

test("a body that says it is huge is refused before it is read", async () => {
  const reply = await talk(
    "POST /ordeliya/webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{",
  );
  expect([reply.status, reply.head.toLowerCase()]).toEqual([
    413,
    expect.stringContaining("connection: close"),
  ]);
  expect(JSON.parse(reply.body)).toMatchObject({ success: false });
});

test("a chunked body that goes on beyond 256 KB is refused", async () => {
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const head =
    "POST /v1/stores HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect((await talk(head + chunk.repeat(5))).status).toBe(413);
});

test("a client that sends the whole of a body that is too large before it reads still gets the answer", async () => {
  const body = "x".repeat(12_000_000);
  const head = `POST /ordeliya/webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
  for (const rest of [
    `Content-Length: ${body.length}\r\n\r\n${body}`,
    `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ]) {
    const reply = await sendThenRead(head + rest);
    expect(reply).toMatch(/^HTTP\/1\.1 413 .*"BODY_TOO_LARGE"/s);
  }
});

test("a body that does not end is not read for ever", async () => {
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined).resume();
  socket.write("POST /v1/stores HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n");
  const more = Buffer.alloc(1_000_000);
  const send = () => {
    while (socket.writable && socket.write(more));
  };
  socket.on("drain", send);
  send();
  await closed;
});

test("an expectation that the hub does not know is ignored", async () => {
  expect((await talk("GET /livez HTTP/1.1\r\nHost: a\r\nExpect: the-moon\r\n\r\n")).status).toBe(200);
});

test("a client that goes away in the middle of its body is no failure of the hub's", async () => {
  const counted = rig.answers.length;
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "POST /v1/stores HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
  );
  await once(rig.app.server, "request");
  socket.destroy();
  await until(() => rig.answers.length > counted);
  expect(rig.answers.at(-1)).toBe(408);
  expect(rig.errors).toEqual([]);
});

test("after all of this the hub is still there", async () => {
  expect((await rig.ask("GET", "/livez", { key: null })).status).toBe(200);
  expect(rig.errors).toEqual([]);
});
