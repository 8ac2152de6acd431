import type { OutgoingHttpHeaders } from "node:http";
import type { RenderedResponse } from "@ticketrail/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../domain/error.ts";
import type { Clock } from "../domain/id.ts";
import type { Call } from "../service/call.ts";
import type { Access, AccessControl, Needs } from "./access.ts";
import { checkMedia, type ParseJson, readBody } from "./body.ts";
import { endAfterBody } from "./closing.ts";
import { type Api, isInternal, renderFailure, toPublicError, withRetryAfter } from "./errors.ts";
import type { Answer, Draws, Idempotency } from "./idempotency.ts";
import { type Query, textQuery } from "./query.ts";
import type { Validate } from "./validation.ts";
import type { WrongKeys } from "./wrong-keys.ts";

/** A request after authentication and validation. */
export interface Exchange<Body = unknown> {
  readonly call: Call;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly requestId: string;
  readonly now: number;
}

/** One call of any API. */
export interface Mount {
  readonly api: Api;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** The whole path, with `:params`. */
  readonly url: string;
  readonly needs: Needs;
  /** Null: a body is not looked at, save that it must be JSON. */
  readonly validateBody: Validate | null;
  readonly validateQuery: Validate | null;
  run(exchange: Exchange): Promise<RenderedResponse>;
}

export interface ExchangeParts {
  readonly access: AccessControl;
  readonly wrongKeys: WrongKeys;
  readonly idempotency: Idempotency;
  readonly parseJson: ParseJson;
  readonly clock: Clock;
  readonly draws: Draws;
  readonly onAnswer: (api: Api, status: number) => void;
  readonly onTrouble: (error: unknown, requestId: string) => void;
}

/** In ids and names that stand in a path; NUL and the like cannot even be looked up. */
const PARAM = /^[^\p{Cc}]{1,200}$/u;

/** Takes a request through: key, media type, Idempotency-Key, JSON, schema, use case, answer. */
export class Exchanges {
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  mount(app: FastifyInstance, mount: Mount): void {
    const { limits } = mount.api.contract;
    app.route({
      method: mount.method,
      url: mount.url,
      ...(limits.anyMediaType ? { onRequest: forgetMediaType } : {}),
      handler: (request, reply) => this.#handle(mount, request, reply),
    });
  }

  async #handle(mount: Mount, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = await this.#answer(mount, request);
    sendAnswer(reply, mount.api, answer);
    this.#parts.onAnswer(mount.api, answer.status);
    return reply;
  }

  async #answer(mount: Mount, request: FastifyRequest): Promise<Answer> {
    try {
      const { headers, ip } = request;
      const checked = this.#parts.access.check(mount.api, mount.needs, headers.authorization, ip);
      const access = checked instanceof Promise ? await checked : checked;
      const body = request.body instanceof Uint8Array ? request.body : null;
      checkMedia(headers, body === null || body.length === 0, mount.api.contract.limits.anyMediaType);
      const key = mount.method === "POST" ? headers["idempotency-key"] : undefined;
      if (key === undefined) return await this.#run(mount, request, body, access, this.#parts.draws);
      const scope = scopeOf(access, request);
      return await this.#parts.idempotency.answer({ scope, key: String(key), body }, (draws) =>
        this.#runToAnswer(mount, request, body, access, draws),
      );
    } catch (error) {
      return this.failure(mount.api, error, request.id);
    }
  }

  /** A refusal is an answer too: the same body gets it again. */
  async #runToAnswer(
    mount: Mount,
    request: FastifyRequest,
    body: Uint8Array | null,
    access: Access,
    draws: Draws,
  ): Promise<Answer> {
    try {
      return await this.#run(mount, request, body, access, draws);
    } catch (error) {
      return this.failure(mount.api, error, request.id);
    }
  }

  async #run(
    mount: Mount,
    request: FastifyRequest,
    bytes: Uint8Array | null,
    access: Access,
    draws: Draws,
  ): Promise<Answer> {
    const params = request.params as Readonly<Record<string, string>>;
    for (const name in params) if (!PARAM.test(params[name] ?? "")) throw notFound("resource");
    const query = textQuery(request.query);
    mount.validateQuery?.(query);
    const body = readBody(this.#parts.parseJson, bytes);
    mount.validateBody?.(body);
    const { actor, storeId, key } = access;
    try {
      const rendered = await mount.run({
        call: { actor, storeId, key, random: draws.random, newId: draws.newId },
        params,
        query,
        body,
        requestId: request.id,
        now: this.#parts.clock.now(),
      });
      return answerOf(rendered);
    } catch (error) {
      // Credentials in a body are guessed no faster than keys in a header.
      if (toPublicError(error).code === "unauthorized") this.#parts.wrongKeys.count(request.ip);
      throw error;
    }
  }

  /** Answers what never came to a call: an unknown path, a body that is too large. */
  refuse(reply: FastifyReply, api: Api, thrown: unknown): void {
    const answer = this.failure(api, thrown, reply.request.id);
    sendAnswer(reply, api, answer);
    this.#parts.onAnswer(api, answer.status);
  }

  failure(api: Api, thrown: unknown, requestId: string): Answer {
    const error = toPublicError(thrown);
    if (isInternal(error)) this.#parts.onTrouble(thrown, requestId);
    return answerOf(renderFailure(api, withRetryAfter(error), requestId));
  }
}

/** A header that is no media type at all would be refused before the body is read. */
const forgetMediaType = (request: FastifyRequest, _: FastifyReply, done: () => void): void => {
  delete request.raw.headers["content-type"];
  done();
};

/** Where there is no key, callers are told apart by their address. */
const scopeOf = ({ actor, key }: Access, request: FastifyRequest): string => {
  const who = key === null && actor !== "operator" ? `${actor} ${request.ip}` : actor;
  return `${who} ${request.url.split("?", 1)[0]}`;
};

export const answerOf = ({ status, headers, body }: RenderedResponse): Answer => ({
  status,
  headers: headers ?? {},
  body: body === undefined ? null : JSON.stringify(body),
});

/** Straight onto the socket: what Fastify would do besides, such as adding a charset to every media type, is not wanted. */
function sendAnswer(reply: FastifyReply, api: Api, { status, headers, body }: Answer): void {
  reply.hijack();
  const all: OutgoingHttpHeaders = { ...headers };
  if (api.native) all["x-request-id"] = reply.request.id;
  if (status === 413) all.connection = "close";
  // Answers hold secrets, and what only one key may see.
  all["cache-control"] ??= "no-store";
  if (body === null) {
    reply.raw.writeHead(status, all).end();
    return;
  }
  all["content-type"] ??= "application/json; charset=utf-8";
  all["content-length"] = Buffer.byteLength(body);
  reply.raw.writeHead(status, all);
  if (status === 413) {
    reply.raw.write(body);
    endAfterBody(reply.request.raw, reply.raw);
  } else {
    reply.raw.end(body);
  }
}
