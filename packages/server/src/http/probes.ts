import type { Contract } from "@ticketrail/contracts";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { NewId } from "../domain/id.ts";
import type { StoreDriver } from "../store/driver.ts";
import { type Api, nativeApi, renderFailure, toPublicError } from "./errors.ts";
import { mountRefusals } from "./refusals.ts";

export interface ProbeParts {
  readonly driver: Pick<StoreDriver, "ping">;
  readonly draining: () => boolean;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
}

export interface SendingParts extends ProbeParts {
  readonly contracts: ReadonlyMap<string, Contract>;
  readonly newId: NewId;
}

/** interface: `/livez`, `/readyz`, `/metrics`. They ask for no key: keep them from the public by the proxy. */
export function mountProbes(app: FastifyInstance, { driver, draining, metrics }: ProbeParts): void {
  app.get("/livez", async () => ({ status: "ok" }));

  app.get("/readyz", async (_, reply) => {
    if (draining()) return reply.code(503).send({ status: "draining" });
    try {
      await driver.ping();
      return { status: "ok" };
    } catch {
      return reply.code(503).send({ status: "storage_unavailable" });
    }
  });

  app.get("/metrics", async (_, reply) =>
    reply.header("content-type", metrics.contentType).send(await metrics.render()),
  );
}

/** A process that only sends: nothing but the probes. What else is asked of it is refused as the native API would. */
export function createProbes({ contracts, newId, ...parts }: SendingParts): FastifyInstance {
  const app = Fastify({ logger: false, requestTimeout: 30_000, genReqId: () => newId("req_") });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  const refuse = (reply: FastifyReply, api: Api, thrown: unknown) => {
    const { status, headers, body } = renderFailure(api, toPublicError(thrown), reply.request.id);
    reply
      .code(status)
      .headers(headers ?? {})
      .send(body);
  };
  mountRefusals(app, () => nativeApi(contracts), { refuse });
  mountProbes(app, parts);
  return app;
}
