import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { invalidField, Refusal } from "../domain/error.ts";
import type { Api } from "./errors.ts";
import type { Exchanges } from "./exchange.ts";

interface Known {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/**
 * What Fastify itself refuses, and paths and methods that are not there, in the envelope of the path's API.
 * To be called before the first route, since it watches them being added.
 */
export function mountRefusals(
  app: FastifyInstance,
  apiOf: (path: string) => Api,
  exchanges: Pick<Exchanges, "refuse">,
): void {
  const known: Known[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    known.push({ methods: [method].flat(), pattern: patternOf(url) });
  });

  const refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown) => {
    exchanges.refuse(reply, apiOf(request.url), error);
    return reply;
  };
  const refuseUnknown = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const methods = known.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    const allowed = [...new Set(methods)].sort();
    const isThere = allowed.length > 0;
    return refuse(request, reply, isThere ? notAllowed(request.method, allowed) : nothingThere(apiOf(path)));
  };
  app.setNotFoundHandler(refuseUnknown);
  app.setErrorHandler((error: { readonly code?: unknown }, request, reply) => {
    // Fastify looks at a QUERY's headers before it looks for its route, and there is none.
    if (error.code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE") return refuseUnknown(request, reply);
    // The client went away in the middle of its body: nothing failed on our side.
    const cutShort = error.code === "ECONNRESET" && !request.raw.complete;
    return refuse(
      request,
      reply,
      cutShort ? new Refusal("request_timeout", "The body was cut short.") : error,
    );
  });
  // RFC 9112, section 3.2: a request without a `Host`, of HTTP/1.1, or with more than one is refused.
  app.addHook("onRequest", (request, reply, done) => {
    const { httpVersion, rawHeaders } = request.raw;
    const hosts = hostsIn(rawHeaders);
    if (hosts === 1 || (hosts === 0 && httpVersion !== "1.1")) done();
    else refuse(request, reply, invalidField("host", "is required as a header, once"));
  });
}

/** Of names and values in turn; Node keeps the first of several. */
function hostsIn(headers: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}

/** `/v1/orders/:id` → anything but a slash where the parameter stands. */
const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:[A-Za-z_]+/g, "[^/]+")}$`);

const notAllowed = (method: string, allowed: readonly string[]): Refusal =>
  new Refusal("method_not_allowed", `${method} is not understood here; use ${allowed.join(" or ")}.`, {
    headers: { allow: allowed.join(", ") },
  });

const nothingThere = ({ prefix }: Api): Refusal =>
  new Refusal("not_found", `There is nothing at this path. The calls there are: /docs${prefix}.`);

/** Of a CONNECT, which never reaches a route. RFC 9110, section 9.3.6: an origin server need not know it. */
export const noProxy = (): Refusal => notAllowed("CONNECT", ["DELETE", "GET", "HEAD", "PATCH", "POST"]);
