/** Each call that the four documents show, in their order, with the base URL and the key changed. */
import { beforeEach, describe, expect, test } from "vitest";
import { RECEIVER, type Reply, type Rig, startRig, until } from "./rig.test.ts";

let rig: Rig;
let storeId: string;
let key: string;
const ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Reply> =>
  rig.ask(method, path, { key, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) });

async function open(contract: string): Promise<void> {
  rig = await startRig();
  storeId = await rig.store({ currency: "DKK", externalId: "POS-1" });
  key = await rig.key(storeId, contract);
}

const ORDER = {
  displayNumber: "1042",
  customer: { name: "Ali", phone: "+964 1" },
  fulfilment: { type: "delivery", address: "Al Mansour" },
  items: [{ name: "Burger", quantity: 2, unitMinor: 1499 }],
  totals: { subtotalMinor: 2998, taxMinor: 255, totalMinor: 3253 },
};
const place = async (more: object = {}): Promise<string> =>
  (await rig.ask("POST", "/v1/orders", { body: { storeId, ...ORDER, ...more } })).body.id;

describe("Sela's document", () => {
  beforeEach(() => open("sela"));

  test("section 2: an order is approved under its point of sale's id, and again without a change", async () => {
    const id = await place();
    const action = { order_id: id, action: "approve", external_order_id: "menu-123" };
    const reply = await ask("POST", "/sela/api/v1/orders/action", action);
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ id, status: "approved", externalOrderId: "menu-123" });
    expect(reply.headers["x-sela-request-id"]).toBe(reply.body.meta.request_id);
    const again = await ask("POST", "/sela/api/v1/orders/action", action);
    expect(again.status).toBe(200);
    expect((await rig.services.orders.get(operator(), id)).version).toBe(2);
  });

  test("rejecting after approving, and arriving before it, are conflicts", async () => {
    const [approved, pending] = [await place(), await place()];
    await ask("POST", "/sela/api/v1/orders/action", { order_id: approved, action: "approve" });
    const rejected = await ask("POST", "/sela/api/v1/orders/action", {
      order_id: approved,
      action: "reject",
    });
    expect([rejected.status, rejected.body.error.code]).toEqual([409, "invalid_transition"]);
    const arrived = await ask("POST", "/sela/api/v1/orders/action", {
      order_id: pending,
      action: "mark_arrived",
    });
    expect(arrived.status).toBe(409);
  });

  test("section 3: pending orders are listed, page by page", async () => {
    const first = await place();
    const second = await place();
    const reply = await ask("GET", "/sela/api/v1/orders?status=pending&limit=25");
    expect(reply.status).toBe(200);
    expect(reply.body.data.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(reply.body.meta).toMatchObject({ next_cursor: null, is_done: true, limit: 25 });
    const page = await ask("GET", "/sela/api/v1/orders?status=pending&limit=1");
    const next = await ask(
      "GET",
      `/sela/api/v1/orders?status=pending&limit=1&cursor=${page.body.meta.next_cursor}`,
    );
    expect(next.body.data[0].id).toBe(first);
  });
});

describe("MiPOS' document and its sister pages", () => {
  beforeEach(() => open("mipos"));

  test("a token is refreshed with the credentials that came with the key, and is good for the calls", async () => {
    const made = (await rig.ask("POST", "/v1/keys", { body: { storeId, contract: "mipos" } })).body;
    const credentials = {
      client_id: made.clientId,
      client_secret: made.clientSecret,
      grant_type: "refresh_token",
      refresh_token: made.refreshToken,
    };
    const reply = await rig.ask("POST", "/mipos/api/oauth/token/refresh", { key: null, body: credentials });
    expect(reply.status).toBe(200);
    expect(reply.body.data.token_type).toBe("bearer");
    expect(Number(reply.body.data.expires_in) * 1_000).toBe(rig.now() + 3_600_000);
    key = reply.body.data.token;
    expect((await ask("GET", "/mipos/api/v1/integration/webhooks")).body).toEqual([]);
    const forged = `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`;
    expect((await rig.ask("GET", "/mipos/api/v1/integration/webhooks", { key: forged })).status).toBe(401);
    rig.advance(3_600_000);
    expect((await ask("GET", "/mipos/api/v1/integration/webhooks")).body).toBe("Unauthorized.");
  });

  test("a token asked for with a wrong secret is refused", async () => {
    const made = (await rig.ask("POST", "/v1/keys", { body: { storeId, contract: "mipos" } })).body;
    const reply = await rig.ask("POST", "/mipos/api/oauth/token/refresh", {
      key: null,
      body: {
        client_id: made.clientId,
        client_secret: "no",
        grant_type: "refresh_token",
        refresh_token: "no",
      },
    });
    expect([reply.status, reply.body]).toEqual([401, "Unauthorized."]);
  });

  test("a webhook is created once, moved, listed and deleted by its URL", async () => {
    const path = "/mipos/api/v1/integration/webhook";
    const created = await ask("POST", `${path}/create`, { type: "ORDER", url: RECEIVER });
    expect([created.status, created.body.data]).toEqual([201, null]);
    const twice = await ask("POST", `${path}/create`, { type: "ORDER", url: RECEIVER });
    expect(twice.status).toBe(409);
    expect(twice.body).toMatchObject({ message: [expect.any(String)], data: null });
    const menus = await ask("POST", `${path}/create`, { type: "MENU", url: RECEIVER });
    expect(menus.status).toBe(201);
    for (const type of ["ORDER", "MENU"]) {
      expect((await ask("POST", `${path}/create`, { type, url: RECEIVER })).status).toBe(409);
    }
    const [{ events }] = (await rig.ask("GET", "/v1/endpoints")).body.data;
    expect(events).toEqual(["ORDER", "MENU"]);
    const moved = await ask("POST", `${path}/update`, { current_url: RECEIVER, new_url: `${RECEIVER}/2` });
    expect(moved.status).toBe(200);
    expect((await ask("GET", `${path}s`)).body).toEqual([{ url: `${RECEIVER}/2` }]);
    const nowhere = await ask("POST", `${path}/update`, { current_url: `${RECEIVER}/2`, new_url: "ftp://a" });
    expect([nowhere.status, Object.keys(nowhere.body)]).toEqual([422, ["new_url"]]);
    expect((await ask("POST", `${path}/delete`, { url: `${RECEIVER}/2` })).status).toBe(200);
    expect((await ask("GET", `${path}s`)).body).toEqual([]);
  });

  test("what goes to a webhook is signed with the secret that came with the key", async () => {
    const made = (await rig.ask("POST", "/v1/keys", { body: { storeId, contract: "mipos" } })).body;
    key = made.key;
    await ask("POST", "/mipos/api/v1/integration/webhook/create", { type: "ORDER", url: RECEIVER });
    await place();
    await until(() => rig.sent.length > 0);
    const [request] = rig.sent;
    const { createHmac } = await import("node:crypto");
    const expected = createHmac("sha256", made.webhookSecret)
      .update(request?.body ?? "")
      .digest("hex");
    expect(request?.headers["signature-webhook"]).toBe(expected);
  });

  test("the last ten minutes' orders are listed by either id of the store until they are decided", async () => {
    const own = await place();
    const foreign = await place({ source: { deliveryId: 7, externalId: "A-1" } });
    const listed = await ask("GET", `/mipos/api/v1/orders/${storeId}`);
    expect(listed.body.message).toBe("Orders.");
    expect(listed.body.data.map(({ external_id }: { external_id: string }) => external_id)).toEqual([
      "A-1",
      own,
    ]);
    expect((await ask("GET", "/mipos/api/v1/orders/POS-1")).body.data).toHaveLength(2);
    expect((await ask("GET", "/mipos/api/v1/orders/POS-2")).status).toBe(404);

    const accept = { delivery_id: "7", store_id: storeId, order_external_id: "A-1" };
    const accepted = await ask("POST", "/mipos/api/v1/integration/order/accept", accept);
    expect([accepted.status, accepted.body]).toEqual([
      200,
      { message: ["Operation completed successfully"], data: null },
    ]);
    const deny = { delivery_id: 0, store_id: "POS-1", order_external_id: own };
    const unsaid = await ask("POST", "/mipos/api/v1/integration/order/deny", deny);
    expect([unsaid.status, unsaid.body]).toEqual([422, { message: ["The message field is required."] }]);
    const denied = await ask("POST", "/mipos/api/v1/integration/order/deny", {
      ...deny,
      message: "No dough",
    });
    expect(denied.status).toBe(200);
    const order = await rig.services.orders.get(operator(), own);
    expect([order.status, order.reason]).toEqual(["rejected", "No dough"]);
    expect((await rig.services.orders.get(operator(), foreign)).status).toBe("accepted");
    expect((await ask("GET", `/mipos/api/v1/orders/${storeId}`)).body.data).toEqual([]);
  });

  test("each order is decided by the two ids that its row shows, whatever its source", async () => {
    for (const source of [
      { deliveryId: "uber", externalId: "U-1" },
      { deliveryId: 7 },
      { deliveryId: 0, externalId: "Z-1" },
      { externalId: "R-1" },
      { deliveryId: 7, externalId: "A-1" },
      { deliveryId: 7, externalId: "A-1", contract: "rappi" },
      { deliveryId: "9007199254740991", externalId: "A-1" },
    ]) {
      await place({ source });
      const [row] = (await ask("GET", `/mipos/api/v1/orders/${storeId}`)).body.data;
      const accepted = await ask("POST", "/mipos/api/v1/integration/order/accept", {
        delivery_id: String(row.delivery_id),
        store_id: storeId,
        order_external_id: row.external_id,
      });
      expect([source, accepted.status]).toEqual([source, 200]);
    }
    expect((await ask("GET", `/mipos/api/v1/orders/${storeId}`)).body.data).toEqual([]);
  });

  test("a 422 names every bad field", async () => {
    const reply = await ask("POST", "/mipos/api/v1/integration/order/accept", {});
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({
      delivery_id: ["The delivery id field is required."],
      store_id: ["The store id field is required."],
      order_external_id: ["The order external id field is required."],
    });
  });
});

const operator = () => ({
  actor: "operator",
  storeId: null,
  key: null,
  random: { bytes: (size: number) => new Uint8Array(size) },
  newId: (prefix: string) => `${prefix}0`,
});
