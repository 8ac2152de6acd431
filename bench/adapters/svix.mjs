import { randomBytes } from "node:crypto";
import { apiOf } from "./api.mjs";
import { order, TOPIC } from "./order.mjs";

/**
 * Svix: an application with its endpoints, and a message for all of them. Paths as in https://api.svix.com/docs and
 * server/openapi.json of github.com/svix/svix-webhooks. The key is a token of an organization (`svix-server jwt
 * generate`). Signatures are those of Standard Webhooks under `svix-` headers.
 * @param {import("./adapter.mjs").Target} target @returns {import("./adapter.mjs").Adapter}
 */
export function svix(target) {
  const api = apiOf(target);
  const eventType = target.topic ?? TOPIC;
  return {
    signatureHeaders: "svix",
    ledger: null,
    createStore: async (name) => (await api.call("POST", "/api/v1/app", { name })).id,
    async createEndpoint({ storeId, url }) {
      // Set here, because the answer does not show it.
      const secret = `whsec_${randomBytes(24).toString("base64")}`;
      const { id } = await api.call("POST", `/api/v1/app/${storeId}/endpoint`, { url, secret });
      return { id, secret };
    },
    publishing: (storeId) =>
      api.publishing(`/api/v1/app/${storeId}/msg?with_content=false`, { eventType, payload: order() }),
  };
}
