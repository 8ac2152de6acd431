import { apiOf } from "./api.mjs";
import { order, TOPIC } from "./order.mjs";

/** This hub's native API; its endpoints follow Standard Webhooks. @param {import("./adapter.mjs").Target} target */
export function ticketrail(target) {
  const api = apiOf(target);
  return {
    signatureHeaders: "webhook",
    /** @param {string} name @returns {Promise<string>} */
    async createStore(name) {
      const store = { name, currency: "EUR", timezone: "Europe/Copenhagen", plan: "enterprise" };
      return (await api.call("POST", "/v1/stores", store)).id;
    },
    /** @param {{storeId: string, url: string}} input @returns {Promise<{id: string, secret: string}>} */
    createEndpoint: (input) =>
      api.call("POST", "/v1/endpoints", { ...input, contract: "standard", events: [TOPIC] }),
    /** @param {string} endpointId @param {boolean} isActive */
    setActive: (endpointId, isActive) =>
      api.call("PATCH", `/v1/endpoints/${endpointId}`, { state: isActive ? "active" : "paused" }),
    /** @param {string} storeId */
    publishing: (storeId) => api.publishing("/v1/events", { storeId, type: TOPIC, data: order() }),
    /** @param {string[]} endpointIds */
    async ledger(endpointIds) {
      const counts = { delivered: 0, pending: 0, dead: 0 };
      for (const id of endpointIds) {
        const health = await api.call("GET", `/v1/endpoints/${id}/health`);
        counts.delivered += health.succeeded;
        counts.pending += health.pending;
        counts.dead += health.deadLetters;
      }
      return counts;
    },
  };
}
