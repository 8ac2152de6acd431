import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { SendOutcome } from "../engine/sender.ts";
import { addressPolicy } from "./address-guard.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { listen } from "./receiver.fixture.ts";
import { createSender } from "./sender.ts";

const HOST = "hub.test";
const tomorrow = new Date(Date.now() + 86_400_000);
const yesterday = new Date(Date.now() - 86_400_000);
const valid = selfSigned({ host: HOST, validUntil: tomorrow });
const expired = selfSigned({ host: HOST, validUntil: yesterday });
const policy = addressPolicy({ production: false, allowNetworks: ["127.0.0.0/8"] });

const servers: Server[] = [];
const seen: { servername: unknown; host: string | undefined }[] = [];

async function httpsReceiver(certificate: { key: string; cert: string }): Promise<number> {
  const server = createHttpsServer(certificate, (request, response) => {
    seen.push({ servername: (request.socket as TLSSocket).servername, host: request.headers.host });
    request.resume().on("end", () => response.end("ok"));
  });
  servers.push(server);
  return listen(server);
}

let validPort: number;
let expiredPort: number;
beforeAll(async () => {
  validPort = await httpsReceiver(valid);
  expiredPort = await httpsReceiver(expired);
});
afterAll(() => {
  for (const server of servers) server.close();
});

async function post(url: string, ca?: string): Promise<SendOutcome> {
  const sender = createSender({
    policy,
    connectionsPerOrigin: 2,
    timeoutMs: 5_000,
    lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    ...(ca === undefined ? {} : { ca }),
  });
  const outcome = await sender.send({ url, headers: {}, body: "{}" });
  await sender.close();
  return outcome;
}

const tlsFailure = { statusCode: null, error: "tls_failed" };

describe("over TLS", () => {
  it("a request goes to the checked address, with the name for the certificate and for `host`", async () => {
    expect(await post(`https://${HOST}:${validPort}/`, valid.cert)).toMatchObject({
      statusCode: 200,
      error: null,
    });
    expect(seen).toEqual([{ servername: HOST, host: `${HOST}:${validPort}` }]);
  });

  it("a certificate that nobody vouches for is refused", async () => {
    expect(await post(`https://${HOST}:${validPort}/`)).toMatchObject(tlsFailure);
  });

  it("a certificate for another name is refused", async () => {
    expect(await post(`https://other.test:${validPort}/`, valid.cert)).toMatchObject(tlsFailure);
    expect(await post(`https://127.0.0.1:${validPort}/`, valid.cert)).toMatchObject(tlsFailure);
  });

  it("an expired certificate is refused", async () => {
    expect(await post(`https://${HOST}:${expiredPort}/`, expired.cert)).toMatchObject(tlsFailure);
  });

  it("a receiver that speaks plain HTTP fails", async () => {
    const plain = createServer((socket) =>
      socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    servers.push(plain);
    const port = await listen(plain);
    expect(await post(`https://${HOST}:${port}/`, valid.cert)).toMatchObject(tlsFailure);
  });

  it("verification cannot be switched off by the environment", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(await post(`https://${HOST}:${validPort}/`)).toMatchObject(tlsFailure);
    vi.unstubAllEnvs();
  });
});
