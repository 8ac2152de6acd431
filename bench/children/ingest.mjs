import fastify from "fastify";
import { serve } from "./child.mjs";

/** The least a Fastify server can do with an event: parse its JSON and answer 202. Nothing is checked or kept. */
serve({
  async listen() {
    const app = fastify();
    let last = 0;
    app.post("/v1/events", async (request, reply) => {
      reply.code(202);
      return { id: `evt_${++last}_${/** @type {any} */ (request.body).type}` };
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    return /** @type {import("node:net").AddressInfo} */ (app.server.address()).port;
  },
});
