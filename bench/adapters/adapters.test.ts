import { afterEach, describe, expect, it } from "vitest";
import { parseOptions } from "../options.mjs";
import { measure } from "../scenarios/throughput.mjs";
import { Connections } from "../wire/connections.mjs";
import { compile, sequenceOf } from "../wire/template.mjs";
import { ADAPTERS } from "./adapter.mjs";
import { DOCUMENTED } from "./documented.ts";
import { type Seen, startFakeHub } from "./fake-hub.ts";

const KEY = "k-123";
const URLS = ["http://127.0.0.1:9/hook", "http://127.0.0.1:10/hook"];
let hub: Awaited<ReturnType<typeof startFakeHub>>;
afterEach(() => hub.stop());

const start = async (name: string) => {
  const { base, calls } = DOCUMENTED[name] ?? { base: "", calls: () => undefined };
  hub = await startFakeHub(calls);
  return new URL(hub.url.origin + base);
};

/** Makes a store with two endpoints through the adapter, and sends one event as the load generator does. */
async function drive(name: string) {
  const base = await start(name);
  const adapter = ADAPTERS[name]?.connect({ base, key: KEY, project: "p1" });
  if (adapter === undefined) throw new Error(`no adapter ${name}`);
  const storeId = await adapter.createStore("bench-a-0");
  const endpoints = [];
  for (const url of URLS) endpoints.push(await adapter.createEndpoint({ storeId, url }));
  const made = hub.seen.length;
  const status = await sendRaw(base, compile(base.host, adapter.publishing(storeId))(42));
  return { endpoints, made: hub.seen.slice(0, made), published: hub.seen[made], status };
}

/** Over the load generator's own connections; resolves with the status. */
function sendRaw(base: URL, request: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let isSent = false;
    const connections = new Connections({
      host: base.hostname,
      port: Number(base.port),
      size: 1,
      onAnswer: (_token, status) => {
        connections.close();
        resolve(status);
      },
      onIdle: () => {
        if (!isSent) isSent = connections.send(request, 0);
      },
    });
  });
}

const lines = (seen: readonly Seen[]) => seen.map(({ method, path, body }) => [`${method} ${path}`, body]);

describe("the adapter of Svix", () => {
  it("makes an application and its endpoints, and sends one message to all of them", async () => {
    const { endpoints, made, published, status } = await drive("svix");
    const secrets = endpoints.map(({ secret }) => secret);
    for (const secret of secrets) expect(secret).toMatch(/^whsec_[a-zA-Z0-9+/=]{32}$/);
    expect(lines(made)).toEqual([
      ["POST /api/v1/app", { name: "bench-a-0" }],
      ["POST /api/v1/app/app_1/endpoint", { url: URLS[0], secret: secrets[0] }],
      ["POST /api/v1/app/app_1/endpoint", { url: URLS[1], secret: secrets[1] }],
    ]);
    expect(endpoints.map(({ id }) => id)).toEqual(["ep_1", "ep_2"]);
    expect(published?.path).toBe("/api/v1/app/app_1/msg?with_content=false");
    expect(published?.body).toEqual({ eventType: "order.created", payload: expect.any(Object) });
    expect(status).toBe(202);
  });
});

describe("the adapter of Convoy", () => {
  it("makes endpoints of one owner with a subscription each, and fans an event out to the owner", async () => {
    const { endpoints, made, published, status } = await drive("convoy");
    const steps = URLS.flatMap((url, index) => {
      const name = `bench-a-0 ${new URL(url).port}`;
      const filter_config = { event_types: ["order.created"] };
      return [
        ["POST /api/v1/projects/p1/endpoints", { name, url, owner_id: "bench-a-0" }],
        [
          "POST /api/v1/projects/p1/subscriptions",
          { name, endpoint_id: `endpoint-${index + 1}`, filter_config },
        ],
      ];
    });
    expect(lines(made)).toEqual(steps);
    expect(endpoints).toEqual([
      { id: "endpoint-1", secret: null },
      { id: "endpoint-2", secret: null },
    ]);
    expect(published?.path).toBe("/api/v1/projects/p1/events/fanout");
    const event = { owner_id: "bench-a-0", event_type: "order.created", data: expect.any(Object) };
    expect(published?.body).toEqual(event);
    expect(status).toBe(201);
  });
});

describe("the adapter of Outpost", () => {
  it("makes a tenant and its webhook destinations, and publishes to their topic", async () => {
    const { endpoints, made, published, status } = await drive("outpost");
    const destination = (url?: string) => ({ type: "webhook", topics: ["order.created"], config: { url } });
    expect(lines(made)).toEqual([
      ["PUT /api/v1/tenants/bench-a-0", null],
      ["POST /api/v1/tenants/bench-a-0/destinations", destination(URLS[0])],
      ["POST /api/v1/tenants/bench-a-0/destinations", destination(URLS[1])],
    ]);
    expect(endpoints).toEqual([
      { id: "des_1", secret: null },
      { id: "des_2", secret: null },
    ]);
    expect(published?.path).toBe("/api/v1/publish");
    expect(published?.body).toEqual({
      tenant_id: "bench-a-0",
      topic: "order.created",
      eligible_for_retry: true,
      data: expect.any(Object),
    });
    expect(status).toBe(202);
  });
});

describe.each(Object.keys(ADAPTERS))("every adapter: %s", (name) => {
  it("sends its key as a bearer, and JSON with the event's mark", async () => {
    const { made, published } = await drive(name);
    for (const seen of [...made, published]) {
      expect(seen).toMatchObject({ authorization: `Bearer ${KEY}`, contentType: "application/json" });
    }
    expect(sequenceOf(Buffer.from(JSON.stringify(published?.body)))).toBe(42);
  });

  it("says which call was refused, and how", async () => {
    await start("nobody");
    const adapter = ADAPTERS[name]?.connect({ base: hub.url, key: KEY, project: "p1" });
    const made = async () => {
      const storeId = await adapter?.createStore("s");
      return adapter?.createEndpoint({ storeId: storeId ?? "", url: "http://127.0.0.1:9" });
    };
    await expect(made()).rejects.toThrow(/^(POST|PUT) \/.* answered 404: .*no such call/);
  });

  it("lets the bench measure a hub that runs already, to the last delivery", async () => {
    const base = await start(name);
    const argv = ["--target", base.href, "--adapter", name, "--project", "p1", "--connections", "4"];
    const options = parseOptions([...argv, "--outstanding", "20"], { BENCH_KEY: KEY });
    if ("help" in options) throw new Error("that is the help");
    const brief = { ...options, warmUpMs: 50, windows: 2, windowMs: 100 };
    const { ledger, windows } = await measure(brief, { fanOut: 2, paced: true });
    expect(ledger.expected).toBeGreaterThan(0);
    expect(ledger.hub === null).toBe(name !== "ticketrail");
    expect(ledger.agrees).toBe(true);
    expect(ledger.received).toMatchObject({ distinct: ledger.expected, duplicates: 0, unknown: 0 });
    expect(Object.keys(windows[0]?.micros ?? {})).toEqual(["receivers", "load generator"]);
  });
});
