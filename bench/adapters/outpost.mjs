import { apiOf } from "./api.mjs";
import { order, TOPIC } from "./order.mjs";

/**
 * Outpost: a tenant with its webhook destinations, and an event published to one of the configured topics. Paths as in
 * docs/apis/openapi.yaml of github.com/hookdeck/outpost and https://hookdeck.com/docs/outpost/publishing/events. The key
 * is the administrator's. Its signatures are its own and are not checked.
 * @param {import("./adapter.mjs").Target} target @returns {import("./adapter.mjs").Adapter}
 */
export function outpost(target) {
  const api = apiOf(target);
  const topic = target.topic ?? TOPIC;
  return {
    signatureHeaders: null,
    ledger: null,
    async createStore(name) {
      // Only the administrator's key may choose the id, and it is the path.
      await api.call("PUT", `/tenants/${name}`);
      return name;
    },
    async createEndpoint({ storeId, url }) {
      const destination = { type: "webhook", topics: [topic], config: { url } };
      const { id } = await api.call("POST", `/tenants/${storeId}/destinations`, destination);
      return { id, secret: null };
    },
    publishing: (storeId) =>
      api.publishing("/publish", { tenant_id: storeId, topic, eligible_for_retry: true, data: order() }),
  };
}
