/** Whatever comes in, the answer is never a 5xx, and has a body that is JSON. */
import { CONTRACTS } from "@ticketrail/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nativeRoutes } from "./native/routes.ts";
import { OPERATOR_KEY, openRig, RECEIVER, type Reply, type Rig } from "./rig.test.ts";
import { Validation } from "./validation.ts";

let rig: Rig;
let storeId: string;
let orderId: string;
let endpointId: string;
const keys = new Map<string, string>();

beforeAll(async () => {
  rig = await openRig();
  storeId = await rig.store();
  for (const { name } of CONTRACTS) keys.set(`/${name}`, await rig.key(storeId, name));
  keys.set("", OPERATOR_KEY);
  const hook = { storeId, contract: "standard", url: RECEIVER, events: ["*"] };
  endpointId = (await rig.ask("POST", "/v1/endpoints", { body: hook })).body.id;
  const order = { storeId, items: [], summary: "x", totals: { subtotalMinor: 0, totalMinor: 0 } };
  orderId = (await rig.ask("POST", "/v1/orders", { body: order })).body.id;
});
afterAll(() => rig.close());

interface Target {
  readonly base: string;
  readonly method: string;
  readonly path: string;
  readonly fields: readonly string[];
}
const fieldsOf = (schema: { readonly [key: string]: unknown } | undefined): readonly string[] =>
  Object.keys((schema?.properties ?? {}) as object);

const TARGETS: readonly Target[] = [
  ...nativeRoutes(new Validation()).map(({ method, path, body, query }) => ({
    base: "",
    method,
    path,
    fields: [...fieldsOf(body), ...fieldsOf(query)],
  })),
  ...CONTRACTS.flatMap(({ name, routes }) =>
    routes.map(({ method, path, body, query }) => ({
      base: `/${name}`,
      method: method as string,
      path,
      fields: [...fieldsOf(body), ...fieldsOf(query)],
    })),
  ),
];

/** Values that come near to what is asked for, and values that do not. */
const value = fc.oneof(
  { maxDepth: 3 },
  fc.constantFrom(
    "order.created",
    "accepted",
    "standard",
    RECEIVER,
    "*",
    "approve",
    "EUR",
    "2026-01-18T10:00:00Z",
  ),
  fc.constantFrom<unknown>([], {}, null, true, 0, -1, 1.5, 2 ** 53, "", ["order.*"], {
    name: "x",
    quantity: 1,
  }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

const request = fc.record({
  target: fc.constantFrom(...TARGETS),
  values: fc.array(value, { minLength: 12, maxLength: 12 }),
  kept: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  id: fc.oneof(fc.constantFrom("store", "order", "endpoint"), fc.string({ unit: "binary", maxLength: 30 })),
});

const ask = async ({
  target,
  values,
  kept,
  id,
}: typeof request extends fc.Arbitrary<infer T> ? T : never): Promise<Reply> => {
  const known = new Map([
    ["store", storeId],
    ["order", orderId],
    ["endpoint", endpointId],
  ]);
  const segment = encodeURIComponent(known.get(id) ?? id) || "x";
  const given = target.fields.flatMap((field, index) =>
    kept[index % 12] ? [[field, field === "storeId" ? storeId : values[index % 12]] as const] : [],
  );
  const path = target.base + target.path.replaceAll(/:\w+/g, segment);
  const key = keys.get(target.base) ?? "";
  if (target.method === "GET") {
    // Not String(): what is drawn may have a `toString` of its own that is no function.
    const text = (one: unknown): string => (typeof one === "string" ? one : (JSON.stringify(one) ?? ""));
    const query = new URLSearchParams(given.map(([field, one]): [string, string] => [field, text(one)]));
    return rig.ask("GET", `${path}?${query}`, { key });
  }
  return rig.ask(target.method, path, { key, body: Object.fromEntries(given) });
};

test("a request of the right shape with anything in it", async () => {
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const reply = await ask(given);
      expect(reply.status, `${given.target.method} ${given.target.path} ${reply.text}`).toBeLessThan(500);
      expect(rig.errors).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
});

test("any path and any method", async () => {
  const methods = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS");
  const segments = fc.array(
    fc.oneof(fc.constantFrom("v1", "sela", "orders", "%zz", "..", "%2e%2e", "//"), fc.webSegment()),
  );
  await fc.assert(
    fc.asyncProperty(methods, segments, async (method, parts) => {
      const reply = await rig.ask(method, `/${parts.join("/")}`);
      expect(reply.status, reply.text).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
});

test("any bytes as a body", async () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TARGETS), bytes, async ({ base, method, path }, raw) => {
      if (method === "GET") return;
      const headers = { "content-type": "application/json" };
      const reply = await rig.ask(method, base + path, {
        key: keys.get(base) ?? "",
        raw: Buffer.from(raw),
        headers,
      });
      expect(reply.status, reply.text).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
});
