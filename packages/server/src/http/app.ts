import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Contract } from "@ticketrail/contracts";
import Fastify, { type FastifyInstance } from "fastify";
import { type Clock, idsFrom, type Random } from "../domain/id.ts";
import type { Vault } from "../engine/vault.ts";
import type { Services } from "../service/services.ts";
import type { StoreDriver } from "../store/driver.ts";
import { AccessControl } from "./access.ts";
import { BODY_LIMIT, type ParseJson } from "./body.ts";
import { contractMounts } from "./contract-routes.ts";
import { type Api, apiFinder, nativeApi } from "./errors.ts";
import { Exchanges, type Mount } from "./exchange.ts";
import { hostRewriter } from "./hosts.ts";
import { Idempotency } from "./idempotency.ts";
import { answerSocket, type ClientError, malformedRequest, pathOf } from "./malformed.ts";
import { nativeMounts, nativeRoutes } from "./native/routes.ts";
import { mountPages } from "./pages.ts";
import { mountProbes, type ProbeParts } from "./probes.ts";
import { mountRefusals, noProxy } from "./refusals.ts";
import { Validation } from "./validation.ts";
import { WrongKeys } from "./wrong-keys.ts";

export interface HttpParts {
  readonly services: Services;
  readonly driver: Pick<
    StoreDriver,
    "ping" | "claimIdempotencyKey" | "answerIdempotencyKey" | "dropIdempotencyKey"
  >;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  /** The same bytes for the same seed, in this process and in the next. */
  readonly seededRandom: (seed: string) => Random;
  readonly parseJson: ParseJson;
  /** By name; one is the native API's. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Host name in lower case → the contract that answers there without its prefix. */
  readonly hosts: ReadonlyMap<string, string>;
  /** CIDR ranges of the proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[];
  /** `vault.hash` of the operator's key. */
  readonly adminKeyHash: string;
  readonly metrics: ProbeParts["metrics"] & { httpRequest(api: string, status: number): void };
  readonly log: { error(fields: object, message: string): void };
  readonly draining: () => boolean;
}

/** Every HTTP API of the hub, ready to listen. */
export function createHttp(parts: HttpParts): FastifyInstance {
  const { clock, random } = parts;
  const { native, vendors } = apisOf(parts.contracts);
  const apiOf = apiFinder(native, vendors);
  const exchanges = exchangesOf(parts);
  const rewrite = hostRewriter(parts.hosts);
  const newId = idsFrom(clock, random);

  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    trustProxy: parts.trustProxy.length > 0 && [...parts.trustProxy],
    // Node's own refusal has no body; `mountRefusals` refuses in the API's envelope.
    http: { requireHostHeader: false },
    // A connection that is kept alive during a drain is still answered in its API's envelope.
    return503OnClosing: false,
    genReqId: () => newId("req_"),
    routerOptions: { maxParamLength: 256 },
    rewriteUrl: ({ headers, url }) => rewrite(headers.host, url ?? "/"),
    frameworkErrors: (error, request, reply) => {
      exchanges.refuse(reply, apiOf(request.raw.url ?? "/"), error);
    },
    clientErrorHandler: (error: ClientError, socket) => {
      const api = apiOf(pathOf(error, rewrite));
      const known = error.code === "HPE_HEADER_OVERFLOW" || error.code === "ERR_HTTP_REQUEST_TIMEOUT";
      const requestId = newId("req_");
      const answer = exchanges.failure(api, known ? error : malformedRequest(), requestId);
      answerSocket(socket, api, answer, requestId);
    },
  });
  // Bodies are taken as bytes, whatever they are said to be: what is refused is refused in the API's own envelope.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  // Node closes the connection of a CONNECT to which nobody listens.
  app.server.on("connect", ({ headers, url }: IncomingMessage, socket: Socket) => {
    const api = apiOf(rewrite(headers.host, url ?? "/"));
    const requestId = newId("req_");
    answerSocket(socket, api, exchanges.failure(api, noProxy(), requestId), requestId);
  });
  // An expectation that the hub does not know may be ignored. RFC 9110, section 10.1.1.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));

  const validation = new Validation();
  const routes = nativeRoutes(validation);
  const mounts: readonly Mount[] = [
    ...nativeMounts(native, routes, parts.services, validation),
    ...vendors.flatMap((api) => contractMounts(api, parts.services.operations, validation)),
  ];
  mountRefusals(app, apiOf, exchanges);
  for (const mount of mounts) exchanges.mount(app, mount);
  mountPages(app, { routes, native: native.contract, contracts: vendors.map(({ contract }) => contract) });
  mountProbes(app, parts);
  return app;
}

function apisOf(contracts: ReadonlyMap<string, Contract>): { native: Api; vendors: readonly Api[] } {
  return {
    native: nativeApi(contracts),
    vendors: [...contracts.values()].map((vendor) => ({
      contract: vendor,
      prefix: `/${vendor.name}`,
      native: false,
    })),
  };
}

function exchangesOf(parts: HttpParts): Exchanges {
  const { clock, random, vault, services, metrics, log } = parts;
  const onTrouble = (err: unknown, requestId: string | null) =>
    log.error({ err, requestId }, "a request failed on our side");
  const wrongKeys = new WrongKeys(clock);
  return new Exchanges({
    wrongKeys,
    access: new AccessControl({ vault, keys: services.keys, adminKeyHash: parts.adminKeyHash, wrongKeys }),
    idempotency: new Idempotency({ ...parts, onTrouble: (error) => onTrouble(error, null) }),
    parseJson: parts.parseJson,
    clock,
    draws: { random, newId: idsFrom(clock, random) },
    onAnswer: (api, status) => metrics.httpRequest(api.native ? "native" : api.contract.name, status),
    onTrouble,
  });
}
