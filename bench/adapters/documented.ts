import { createHmac } from "node:crypto";
import type { Calls, Place, Places } from "./fake-hub.ts";

const unsigned = () => ({});
const place = (places: Places, group: string, url: string, sign: Place["sign"] = unsigned) =>
  places.set(group, [...(places.get(group) ?? []), { url, sign, pending: 0, delivered: 0 }]);

/** Standard Webhooks; Svix's own names of the headers: https://docs.svix.com/receiving/verifying-payloads/how-manual */
const signature = (prefix: string, secret: string) => (body: string) => {
  const [id, timestamp] = ["msg_1", "1768730400"];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: timestamp,
    [`${prefix}-signature`]: `v1,${mac}`,
  };
};

/** The answers are shaped as each hub's published description says. */
export const DOCUMENTED: Record<string, { base: string; calls: Calls }> = {
  // This hub's native API, packages/server/src/http; the only one that is asked what became of its deliveries.
  ticketrail: {
    base: "",
    calls: ({ method, path, body }, places) => {
      if (path === "/v1/stores") return { status: 201, body: { id: "sto_1" } };
      if (path === "/v1/endpoints") {
        const secret = "whsec_AAAA";
        place(places, body.storeId, body.url, signature("webhook", secret));
        return { status: 201, body: { id: `ep_${places.get("sto_1")?.length}`, secret } };
      }
      const [, index] = /^\/v1\/endpoints\/ep_(\d)\/health$/.exec(path) ?? [];
      if (method === "GET" && index !== undefined) {
        const { delivered: succeeded, pending } = places.get("sto_1")?.[Number(index) - 1] ?? {};
        return { status: 200, body: { succeeded, pending, deadLetters: 0 } };
      }
      if (path !== "/v1/events") return undefined;
      return { status: 202, body: { id: "evt_1" }, event: { group: body.storeId, data: body.data } };
    },
  },
  // https://api.svix.com/docs; server/openapi.json of github.com/svix/svix-webhooks:
  // ApplicationIn and EndpointIn answer 201, MessageIn 202.
  svix: {
    base: "",
    calls: ({ method, path, body }, places) => {
      const at = new Date(0).toISOString();
      if (method !== "POST") return undefined;
      if (path === "/api/v1/app") {
        const { name } = body;
        return { status: 201, body: { id: "app_1", name, metadata: {}, createdAt: at, updatedAt: at } };
      }
      if (path === "/api/v1/app/app_1/endpoint") {
        place(places, "app_1", body.url, signature("svix", body.secret));
        const endpoint = { description: "", metadata: {}, createdAt: at, updatedAt: at };
        return { status: 201, body: { id: `ep_${places.get("app_1")?.length}`, url: body.url, ...endpoint } };
      }
      if (path !== "/api/v1/app/app_1/msg?with_content=false") return undefined;
      const { eventType, payload } = body;
      const answer = { id: "msg_1", eventType, payload: {}, timestamp: at };
      return { status: 202, body: answer, event: { group: "app_1", data: payload } };
    },
  },
  // https://www.getconvoy.io/docs/api-reference/events/fan-out-an-event and its neighbours; docs/v3/openapi3.yaml of
  // github.com/frain-dev/convoy: all answer 201 with what was made in `data`.
  convoy: {
    base: "/api",
    calls: ({ method, path, body }, places) => {
      if (method !== "POST") return undefined;
      const made = (data: object | null) => ({ status: 201, body: { status: true, message: "made", data } });
      if (path === "/api/v1/projects/p1/endpoints") {
        place(places, body.owner_id, body.url);
        return made({ uid: `endpoint-${places.get(body.owner_id)?.length}`, url: body.url });
      }
      if (path === "/api/v1/projects/p1/subscriptions") return made({ uid: "subscription" });
      if (path !== "/api/v1/projects/p1/events/fanout") return undefined;
      return { ...made(null), event: { group: body.owner_id, data: body.data } };
    },
  },
  // https://hookdeck.com/docs/outpost/publishing/events; docs/apis/openapi.yaml of github.com/hookdeck/outpost:
  // tenants and destinations answer 201, publish 202.
  outpost: {
    base: "/api/v1",
    calls: ({ method, path, body }, places) => {
      const [, tenant, rest] = /^\/api\/v1\/tenants\/([^/]+)(\/destinations)?$/.exec(path) ?? [];
      if (method === "PUT" && tenant !== undefined && rest === undefined)
        return { status: 201, body: { id: tenant, destinations_count: 0, topics: [] } };
      if (method === "POST" && tenant !== undefined && rest !== undefined) {
        place(places, tenant, body.config.url);
        const credentials = { secret: "whsec_abc" };
        return { status: 201, body: { id: `des_${places.get(tenant)?.length}`, ...body, credentials } };
      }
      if (method !== "POST" || path !== "/api/v1/publish") return undefined;
      const answer = { id: "evt_1", duplicate: false, destination_ids: ["des_1"] };
      return { status: 202, body: answer, event: { group: body.tenant_id, data: body.data } };
    },
  },
};
