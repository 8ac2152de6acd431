import { createHmac } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Hub, STORES, until } from "./hub.ts";
import { Receiver } from "./receiver.ts";

let hub: Hub;
let receiver: Receiver;
beforeEach(async () => {
  hub = new Hub();
  receiver = await new Receiver().start();
});
afterEach(async () => {
  await hub.remove();
  await receiver.stop();
});

async function makeStore(plan = "enterprise"): Promise<string> {
  const store = { name: "Trattoria", currency: "EUR", timezone: "Europe/Rome", externalId: "pos-7", plan };
  return (await hub.post("/v1/stores", store)).body.id;
}
const order = (storeId: string, changes: object = {}) => ({
  storeId,
  items: [{ name: "Margherita", quantity: 2, unitMinor: 890 }],
  totals: { subtotalMinor: 1_780, totalMinor: 1_780 },
  ...changes,
});

test("one order goes out in five contracts, each signed as its document says", async () => {
  await hub.start();
  const storeId = await makeStore();
  const secrets: Record<string, string> = {};
  for (const contract of ["sela", "mipos", "olympus", "ordeliya", "standard"]) {
    const url = `${receiver.url}/${contract}`;
    const made = await hub.post("/v1/endpoints", { storeId, contract, url, events: ["*"] });
    expect(made.status).toBe(201);
    secrets[contract] = made.body.secret;
  }
  expect((await hub.post("/v1/orders", order(storeId))).status).toBe(201);
  const received = new Map((await receiver.received(5)).map((each) => [each.path.slice(1), each]));
  const hmac = (contract: string, prefix: string, encoding: "hex" | "base64" = "hex") => {
    const secret = secrets[contract] ?? "";
    const key = contract === "standard" ? Buffer.from(secret.slice(6), "base64") : secret;
    return createHmac("sha256", key)
      .update(prefix)
      .update(received.get(contract)?.body ?? "")
      .digest(encoding);
  };
  const header = (contract: string, name: string) => String(received.get(contract)?.headers[name]);
  expect(header("sela", "x-sela-signature")).toBe(hmac("sela", `${header("sela", "x-sela-timestamp")}.`));
  expect(header("mipos", "signature-webhook")).toBe(hmac("mipos", ""));
  const [, stamp] = /^t=(\d+),v1=[0-9a-f]{64}$/.exec(header("olympus", "x-olympus-signature")) ?? [];
  expect(header("olympus", "x-olympus-signature")).toBe(`t=${stamp},v1=${hmac("olympus", `${stamp}.`)}`);
  expect(header("ordeliya", "x-webhook-signature")).toBe(
    hmac("ordeliya", `${header("ordeliya", "x-webhook-timestamp")}.`),
  );
  expect(header("ordeliya", "user-agent")).toBe("Ordeliya-Webhooks/1.0");
  const id = header("standard", "webhook-id");
  expect(header("standard", "webhook-signature")).toBe(
    `v1,${hmac("standard", `${id}.${header("standard", "webhook-timestamp")}.`, "base64")}`,
  );
});

test("what was accepted is there after a restart, and the key that was made is shown once", async () => {
  await hub.remove();
  hub = new Hub({ TICKETRAIL_ADMIN_KEY: "" });
  await hub.start();
  const [key] =
    /tr_admin_[\w-]+/.exec(
      await until(
        async () => hub.output,
        (text) => text.includes("tr_admin_"),
      ),
    ) ?? [];
  const store = await hub.post(
    "/v1/stores",
    { name: "A", currency: "DKK", timezone: "Europe/Copenhagen" },
    key,
  );
  expect(store.status).toBe(201);
  expect(await hub.stop()).toBe(0);
  const before = hub.output.length;
  await hub.start();
  expect(hub.output.slice(before)).not.toContain("tr_admin_");
  expect((await hub.get(`/v1/stores/${store.body.id}`, key)).body.name).toBe("A");
});

test("a start that fails for want of its port says so, and takes no key that nobody has seen", async () => {
  await hub.start();
  const unlucky = new Hub({ TICKETRAIL_ADMIN_KEY: "", PORT: new URL(hub.url).port });
  await expect(unlucky.start()).rejects.toThrow(/port \d+ on 127.0.0.1 is in use: .* PORT/);
  expect(unlucky.output).not.toContain("tr_admin_");
  await hub.stop();
  await unlucky.start();
  await until(
    async () => unlucky.output,
    (text) => text.includes("tr_admin_"),
  );
  await unlucky.remove();
});

test.each(STORES)(
  "on %s SIGTERM lets what is in flight end, gives the rest back, and answers 0",
  async (name) => {
    await hub.on(name);
    await receiver.stop();
    const held: (() => void)[] = [];
    let holds = true;
    receiver = await new Receiver((_request, response) => {
      const answer = () => void response.writeHead(200).end();
      if (holds) held.push(answer);
      else answer();
    }).start();
    await hub.start();
    const storeId = await makeStore();
    await hub.post("/v1/endpoints", { storeId, contract: "standard", url: receiver.url, events: ["*"] });
    for (let i = 0; i < 100; i++) await hub.post("/v1/orders", order(storeId));
    // As many as an endpoint gets at once of which nothing is known yet.
    await receiver.received(4);
    const stopped = hub.stop("SIGTERM");
    await until(
      async () =>
        fetch(`${hub.url}/readyz`).then(
          (answer) => answer.status,
          () => 503,
        ),
      (status) => status === 503,
    );
    for (const release of held.splice(0)) release();
    expect(await stopped).toBe(0);
    const sentOnce = receiver.requests.length;
    expect(sentOnce).toBe(4);
    holds = false;
    await hub.start();
    await receiver.received(100);
    const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(100);
    expect(ids).toHaveLength(100);
  },
  30_000,
);

test("an endpoint that hangs takes no connection from its neighbour at the same origin", async () => {
  await receiver.stop();
  const arrived = new Set<string>();
  receiver = await new Receiver(({ path, headers }, response) => {
    if (path === "/hangs") return;
    arrived.add(String(headers["webhook-id"]));
    response.writeHead(200).end();
  }).start();
  await hub.start();
  const storeId = await makeStore();
  for (const path of ["/hangs", "/answers"]) {
    const url = receiver.url + path;
    await hub.post("/v1/endpoints", { storeId, contract: "standard", url, events: ["order.created"] });
  }
  const ORDERS = 100;
  for (let i = 0; i < ORDERS; i++) await hub.post("/v1/orders", order(storeId));
  // Well before the 10 s after which the hanging ones are given up.
  await until(
    async () => arrived.size,
    (count) => count === ORDERS,
    5_000,
  );
}, 30_000);

test.each(STORES)(
  "on %s a client that keeps its connections alive under load does not hold the end up",
  async (name) => {
    await hub.on(name);
    await hub.start();
    const storeId = await makeStore();
    let stopping = false;
    const client = async () => {
      while (!stopping) await hub.post("/v1/orders", order(storeId)).catch(() => undefined);
    };
    const clients = Array.from({ length: 16 }, client);
    await until(
      async () => (await hub.get("/v1/orders?limit=100")).body.data.length,
      (orders) => orders === 100,
    );
    const startedAt = performance.now();
    const stopped = hub.stop("SIGTERM");
    expect(await stopped).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    stopping = true;
    await Promise.all(clients);
  },
);

test("what the hub writes is not for others on the machine to read", async () => {
  await hub.remove();
  hub = new Hub({ DATABASE_URL: "file:data/hub.db" });
  await hub.start();
  const data = join(hub.folder, "data");
  const files = readdirSync(data).map((name) => join(data, name));
  expect(files).toContain(join(data, "hub.db"));
  for (const path of [data, ...files]) expect([path, statSync(path).mode & 0o007]).toEqual([path, 0]);
});

test("a second process on the same store is refused, and says so", async () => {
  await hub.start();
  const second = new Hub({ DATABASE_URL: `file:${hub.folder}/hub.db` });
  await expect(second.start()).rejects.toThrow(/in use by another process/);
  await second.remove();
});

test("another secret key than the data's is refused before anything is sent, unless the old one is said to be lost", async () => {
  await hub.start();
  const storeId = await makeStore();
  const body = { storeId, contract: "olympus", url: receiver.url, events: ["*"] };
  const { id } = (await hub.post("/v1/endpoints", body)).body;
  await hub.stop();
  const other = { DATABASE_URL: `file:${hub.folder}/hub.db`, TICKETRAIL_SECRET_KEY: "22".repeat(32) };
  const wrong = new Hub(other);
  await expect(wrong.start()).rejects.toThrow(/ended with 1: .*not the one .* TICKETRAIL_SECRET_KEY/s);
  await wrong.remove();
  const without = new Hub({ ...other, TICKETRAIL_SECRET_KEY_LOST: "true" });
  await without.start();
  expect((await without.post(`/v1/endpoints/${id}/secret`)).status).toBe(200);
  expect((await without.post(`/v1/endpoints/${id}/test`)).body.delivered).toBe(true);
  await without.stop();
  const settled = new Hub(other);
  await settled.start();
  await settled.remove();
  await without.remove();
});

test("every problem of the configuration is said at once", async () => {
  const wrong = new Hub({ PORT: "http", DATABASE_URL: "mysql://x", TICKETRAIL_ALLOW_NETWORKS: "everything" });
  const refused = await wrong.start().catch((error: Error) => error.message);
  for (const name of ["PORT", "DATABASE_URL", "TICKETRAIL_ALLOW_NETWORKS"]) expect(refused).toContain(name);
  await wrong.remove();
});

test("in production plain http is refused, and so are made-up keys", async () => {
  const keyless = new Hub({ NODE_ENV: "production", TICKETRAIL_ADMIN_KEY: "", TICKETRAIL_SECRET_KEY: "" });
  const refused = await keyless.start().catch((error: Error) => error.message);
  expect(refused).toContain("TICKETRAIL_ADMIN_KEY");
  expect(refused).toContain("TICKETRAIL_SECRET_KEY");
  await keyless.remove();
  await hub.remove();
  hub = new Hub({ NODE_ENV: "production" });
  await hub.start();
  const storeId = await makeStore();
  const endpoint = { storeId, contract: "standard", events: ["*"] };
  for (const url of [
    receiver.url,
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest",
    "https://10.0.0.1/",
  ]) {
    const answer = await hub.post("/v1/endpoints", { ...endpoint, url });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe("url");
  }
});

test.each(STORES)("on %s a dead letter that is replayed turns green", async (name) => {
  await hub.on(name);
  await receiver.stop();
  let healthy = false;
  receiver = await new Receiver((_request, response) =>
    response.writeHead(healthy ? 200 : 400).end(),
  ).start();
  await hub.start();
  const storeId = await makeStore();
  await hub.post("/v1/endpoints", { storeId, contract: "olympus", url: receiver.url, events: ["order.*"] });
  await hub.post("/v1/orders", order(storeId));
  const [dead] = await until(
    async () => (await hub.get("/v1/deliveries?status=dead_letter")).body.data,
    (rows) => rows.length === 1,
  );
  expect(dead).toMatchObject({ cause: "refused_by_endpoint", attempts: [{ number: 1, statusCode: 400 }] });
  healthy = true;
  expect((await hub.post(`/v1/deliveries/${dead.id}/replay`)).status).toBe(202);
  const green = await until(
    async () => (await hub.get(`/v1/deliveries/${dead.id}`)).body,
    ({ status }) => status === "delivered",
  );
  expect(green.attempts).toMatchObject([{ number: 1 }, { number: 2, statusCode: 200 }]);
});
