import { apiOf } from "./api.mjs";
import { order, TOPIC } from "./order.mjs";

/**
 * Convoy, in an outgoing project: endpoints that share an owner, a subscription for each, and an event fanned out to the
 * owner. Paths as in https://www.getconvoy.io/docs/api-reference and docs/v3/openapi3.yaml of
 * github.com/frain-dev/convoy. The key is the project's. Its signatures are its own and are not checked.
 * @param {import("./adapter.mjs").Target & {project: string}} target @returns {import("./adapter.mjs").Adapter}
 */
export function convoy(target) {
  const api = apiOf(target);
  const project = `/v1/projects/${target.project}`;
  const topic = target.topic ?? TOPIC;
  return {
    signatureHeaders: null,
    ledger: null,
    // An owner is no resource there: it exists with its first endpoint.
    createStore: async (name) => name,
    async createEndpoint({ storeId, url }) {
      const name = `${storeId} ${new URL(url).port}`;
      const endpoint = { name, url, owner_id: storeId };
      const id = (await api.call("POST", `${project}/endpoints`, endpoint)).data.uid;
      const subscription = { name, endpoint_id: id, filter_config: { event_types: [topic] } };
      await api.call("POST", `${project}/subscriptions`, subscription);
      return { id, secret: null };
    },
    publishing: (storeId) =>
      api.publishing(`${project}/events/fanout`, { owner_id: storeId, event_type: topic, data: order() }),
  };
}
