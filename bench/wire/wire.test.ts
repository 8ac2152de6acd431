import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../../packages/server/src/adapters/certificate.fixture.ts";
import { Connections } from "./connections.mjs";
import { headerOf, Messages } from "./messages.mjs";
import { compile, MARKER, SEQUENCE, sequenceOf } from "./template.mjs";

describe("a request template", () => {
  const make = compile("hub", {
    method: "POST",
    path: "/v1/events",
    headers: { authorization: "Bearer k" },
    body: JSON.stringify({ id: `o-${SEQUENCE}`, name: `Smørrebrød ${MARKER}`, rest: "~" }),
  });

  it("writes the number into every place, and keeps the length true", () => {
    const seen: [string, Buffer][] = [];
    new Messages((head, body) => seen.push([head, body])).push(make(42));
    const [head, body] = seen[0] ?? ["", Buffer.alloc(0)];
    expect(JSON.parse(body.toString())).toEqual({
      id: "o-000000042",
      name: "Smørrebrød ~000000042~",
      rest: "~",
    });
    expect(headerOf(head, "authorization")).toBe("Bearer k");
    expect(sequenceOf(body)).toBe(42);
  });

  it("leaves the request made before as it was", () => {
    const first = make(1);
    make(2);
    expect(sequenceOf(first)).toBe(1);
  });
});

describe("messages on a connection", () => {
  const wire = Buffer.from(
    "A / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloB / HTTP/1.1\r\ncontent-length:0\r\n\r\n",
  );

  it("come out the same however the bytes were cut", () => {
    for (let cut = 0; cut <= wire.length; cut++) {
      const seen: string[] = [];
      const messages = new Messages((head, body) => seen.push(`${head[0]}:${body}`));
      messages.push(wire.subarray(0, cut));
      messages.push(wire.subarray(cut));
      expect(seen).toEqual(["A:hello", "B:"]);
    }
  });

  it("may be chunked, with trailers, and come out the same however the bytes were cut", () => {
    const chunked = Buffer.from(
      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n!",
    );
    for (let cut = 0; cut <= chunked.length; cut++) {
      const seen: string[] = [];
      const messages = new Messages((head, body) => seen.push(`${head.slice(9, 12)}:${body}`));
      messages.push(chunked.subarray(0, cut));
      messages.push(chunked.subarray(cut));
      expect(seen).toEqual(["201:hello", "200:!"]);
    }
  });

  it("need a length, except where there is no body", () => {
    const seen: string[] = [];
    const messages = new Messages((head) => seen.push(head));
    messages.push(Buffer.from("HTTP/1.1 204 No Content\r\nx: y\r\n\r\n"));
    messages.push(Buffer.from("HEAD /hook HTTP/1.1\r\nhost: a\r\n\r\n"));
    expect(seen).toHaveLength(2);
    expect(() => new Messages(() => {}).push(Buffer.from("HTTP/1.1 200 OK\r\nx: y\r\n\r\n"))).toThrow(
      "Content-Length",
    );
  });
});

describe("connections", () => {
  it("load a hub over TLS", async () => {
    const { key, cert } = selfSigned({ host: "localhost", validUntil: new Date(Date.now() + 86_400_000) });
    const server = createServer({ key, cert }, (_request, response) => response.writeHead(202).end("taken"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const request = compile("localhost", { method: "POST", path: "/", headers: {}, body: MARKER })(1);
    const answers: number[] = [];
    await new Promise<void>((resolve) => {
      const connections = new Connections({
        host: "localhost",
        port,
        tls: { ca: cert },
        size: 1,
        onAnswer: (_token, status) => {
          answers.push(status);
          if (answers.length < 3) return;
          connections.close();
          resolve();
        },
        onIdle: () => connections.send(request, 0),
      });
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(answers).toEqual([202, 202, 202]);
  });

  it("take what a server says before it closes an idle one for no answer", async () => {
    const UNASKED = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let opened = 0;
    let idle = 0;
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      if (++opened === 1) socket.end(UNASKED);
      else socket.on("data", () => socket.write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const request = compile("localhost", { method: "POST", path: "/", headers: {}, body: MARKER })(1);
    const answers: [unknown, number][] = [];
    await new Promise<void>((resolve) => {
      const connections = new Connections({
        host: "127.0.0.1",
        port: (server.address() as AddressInfo).port,
        size: 1,
        onAnswer: (token, status) => {
          answers.push([token, status]);
          connections.close();
          resolve();
        },
        onIdle: () => ++idle === 2 && connections.send(request, 7),
      });
    });
    await new Promise((resolve) => server.close(resolve));
    expect(answers).toEqual([[7, 202]]);
  });
});
