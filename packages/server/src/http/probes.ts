import Fastify, { type FastifyInstance } from "fastify";
import type { StoreDriver } from "../store/driver.ts";

export interface ProbeParts {
  readonly driver: Pick<StoreDriver, "ping">;
  readonly draining: () => boolean;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
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

/** A process that only sends: nothing but the probes. */
export function createProbes(parts: ProbeParts): FastifyInstance {
  const app = Fastify({ logger: false, requestTimeout: 30_000 });
  app.setErrorHandler(({ statusCode = 500 }: { readonly statusCode?: number }, _, reply) =>
    statusCode < 500
      ? reply.code(statusCode).send({ status: "bad_request" })
      : reply.code(500).send({ status: "internal_error" }),
  );
  mountProbes(app, parts);
  return app;
}
