import { CONTRACTS, ERROR_STATUS, type JsonSchema } from "@ticketrail/contracts";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Refusal } from "../../domain/error.ts";
import { nativeRoutes } from "../native/routes.ts";
import { openRig, type Rig } from "../rig.test.ts";
import { Validation } from "../validation.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const get = (path: string) => rig.ask("GET", path, { key: null });
const BASES = ["", ...CONTRACTS.map(({ name }) => `/${name}`)];

/** Every `$ref` in a document. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : references(inner),
  );
}

const at = (document: unknown, reference: string): unknown =>
  reference
    .slice(2)
    .split("/")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);

describe.each(BASES)("the OpenAPI document of %s/", (base) => {
  test("is of version 3.1, and everything it refers to is there", async () => {
    const { status, body } = await get(`${base}/openapi.json`);
    expect([status, body.openapi]).toEqual([200, "3.1.0"]);
    for (const reference of references(body))
      expect([reference, at(body, reference)]).not.toContain(undefined);
  });

  test("names each operation once, and each parameter of its path", async () => {
    const { body } = await get(`${base}/openapi.json`);
    const ids = new Set<string>();
    for (const [path, operations] of Object.entries<
      Record<string, { operationId: string; parameters?: { name: string }[] }>
    >(body.paths)) {
      for (const { operationId, parameters = [] } of Object.values(operations)) {
        expect(ids.has(operationId)).toBe(false);
        ids.add(operationId);
        for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
          expect(parameters.map((parameter) => parameter.name)).toContain(name);
        }
      }
    }
  });

  test("has examples that its own schemas accept, for every body and every webhook", async () => {
    const { body: document } = await get(`${base}/openapi.json`);
    const ajv = new Ajv2020({ strict: false, formats: { currency: true, timezone: true } });
    addFormats.default(ajv);
    ajv.addSchema(document, "document");
    const contents: [string, { schema: object; example: unknown }][] = [];
    for (const [path, operations] of Object.entries<object>({ ...document.paths, ...document.webhooks })) {
      for (const { requestBody } of Object.values(operations)) {
        if (requestBody) contents.push([path, requestBody.content["application/json"]]);
      }
    }
    for (const [path, { schema, example }] of contents) {
      const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
      const accepts = ajv.compile(JSON.parse(text));
      expect([path, accepts(example), accepts.errors]).toEqual([path, true, null]);
    }
  });

  test("has a webhook for every event, with the headers that a delivery carries", async () => {
    const { body } = await get(`${base}/openapi.json`);
    const contract = CONTRACTS.find(({ name }) => `/${name}` === base) ?? CONTRACTS.at(-1);
    expect(Object.keys(body.webhooks)).toEqual(contract?.events.map(({ name }) => name));
    for (const { post } of Object.values<{ post: { parameters: unknown[] } }>(body.webhooks)) {
      expect(post.parameters.length).toBeGreaterThan(0);
    }
  });

  test("has a page that loads nothing, runs nothing, and shows every call", async () => {
    const page = await get(base === "" ? "/docs" : `/docs${base}`);
    expect(page.status).toBe(200);
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect(page.headers["referrer-policy"]).toBe("no-referrer");
    expect(page.text).not.toMatch(/<script|<link|<img|src=|url\(|@import|style="|javascript:/);
    const { body } = await get(`${base}/openapi.json`);
    for (const operations of Object.values<Record<string, { summary: string }>>(body.paths)) {
      for (const { summary } of Object.values(operations)) {
        expect(page.text).toContain(summary.replaceAll("'", "&#39;"));
      }
    }
    const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

test("every refusal of every contract is one by its schema, and by no other contract's that calls it differently", async () => {
  const ajv = new Ajv2020({ strict: false });
  const codes = Object.keys(ERROR_STATUS) as (keyof typeof ERROR_STATUS)[];
  for (const [base, contract] of [["", CONTRACTS.at(-1)], ...CONTRACTS.map((one) => [`/${one.name}`, one])]) {
    if (typeof contract !== "object") continue;
    const { body: document } = await get(`${base}/openapi.json`);
    const [content] = Object.values<{ schema: object }>(document.components.responses.Error.content);
    const accepts = ajv.compile(content?.schema ?? { not: {} });
    for (const code of codes) {
      for (const fields of [[], [{ field: "url", problem: "must use https" }]]) {
        const { body } = contract.renderError({ code, message: "No.", fields, headers: {} }, "req_1");
        expect([contract.name, body, accepts(body), accepts.errors]).toEqual([
          contract.name,
          body,
          true,
          null,
        ]);
      }
    }
    expect([contract.name, accepts({ error: "No." }), accepts({ error: { code: "oops" } })]).toEqual([
      contract.name,
      false,
      false,
    ]);
  }
});

test("every native call is in the document, and every one in it is served", async () => {
  const { body } = await get("/openapi.json");
  const documented = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(
      (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
    ),
  );
  const served = nativeRoutes(new Validation()).map(({ method, path }) => `${method} ${path}`);
  expect(documented.sort()).toEqual(served.sort());
});

test("every schema of every call is one by the meta-schema, and compiles as strictly as the hub has it", () => {
  const ajv = new Ajv2020();
  const validation = new Validation();
  const compiles = (schema: JsonSchema) => {
    // Compiled when it is first asked; that it refuses is all right.
    try {
      validation.compile(schema)(null);
    } catch (error) {
      expect([schema, error]).toEqual([schema, expect.any(Refusal)]);
    }
  };
  const native = nativeRoutes(new Validation()).flatMap(({ body, query }) => [body, query]);
  const vendors = CONTRACTS.flatMap(({ routes }) => routes.flatMap(({ body, query }) => [body, query]));
  for (const schema of [...native, ...vendors]) {
    if (!schema) continue;
    expect([schema, ajv.validateSchema(schema)]).toEqual([schema, true]);
    compiles(schema);
  }
});

test("the page at / says what this is, and leads to every reference", async () => {
  const page = await get("/");
  expect(page.text).toContain("order-event hub");
  for (const base of BASES) expect(page.text).toContain(`href="/docs${base}"`);
});

test("the probes say when the hub is draining or its store is out of reach", async () => {
  expect((await get("/metrics")).text).toContain("ticketrail_up 1");
  const draining = await openRig({ draining: () => true });
  expect((await draining.ask("GET", "/readyz", { key: null })).status).toBe(503);
  expect((await draining.ask("GET", "/livez", { key: null })).status).toBe(200);
  await draining.close();
  const broken = await openRig({
    wrap: (driver) => ({ ...driver, ping: () => Promise.reject(new Error("gone")) }),
  });
  expect((await broken.ask("GET", "/readyz", { key: null })).body).toEqual({ status: "storage_unavailable" });
  await broken.close();
});
