import { createHmac } from "node:crypto";
import type { Calls, Place, Places } from "./fake-hub.ts";

const unsigned = () => ({});
const place = (places: Places, group: string, url: string, sign: Place["sign"] = unsigned) =>
  places.set(group, [...(places.get(group) ?? []), { url, sign }]);

/** https://docs.svix.com/receiving/verifying-payloads/how-manual */
const svixSignature = (secret: string) => (body: string) => {
  const [id, timestamp] = ["msg_1", "1768730400"];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": `v1,${signature}` };
};

/** The answers are shaped as each hub's published description says. */
export const DOCUMENTED: Record<string, { base: string; calls: Calls }> = {
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
        place(places, "app_1", body.url, svixSignature(body.secret));
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
