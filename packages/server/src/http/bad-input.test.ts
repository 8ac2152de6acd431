import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ask, openRig, type Reply, type Rig } from "./rig.test.ts";

let rig: Rig;
let storeId: string;
const keys: Record<string, string> = {};

beforeAll(async () => {
  rig = await openRig();
  storeId = await rig.store();
  for (const contract of ["standard", "sela", "mipos", "olympus", "ordeliya"]) {
    keys[contract] = await rig.key(storeId, contract);
  }
});

afterAll(() => rig.close());

/** Whether an answer has its API's own envelope. */
const ENVELOPES: Readonly<Record<string, (reply: Reply) => void>> = {
  standard: ({ headers, status, body }) => {
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["x-request-id"]).toBe(body.requestId);
    expect(body).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
  },
  sela: ({ headers, body }) => {
    expect(body.error).toEqual({
      code: expect.any(String),
      message: expect.any(String),
      request_id: headers["x-sela-request-id"],
    });
  },
  mipos: ({ status, body }) => {
    if (status === 401) expect(body).toBe("Unauthorized.");
    else if (status !== 422) expect(body).toEqual({ message: [expect.any(String)], data: null });
  },
  olympus: ({ body }) => {
    expect(body.error).toMatchObject({
      code: expect.any(String),
      request_id: expect.stringMatching(/^req_/),
    });
  },
  ordeliya: ({ body }) => {
    expect(body).toMatchObject({ success: false, meta: { requestId: expect.stringMatching(/^req_/) } });
  },
};

/** A POST of each API that takes a body. */
const POSTS: Readonly<Record<string, string>> = {
  standard: "/v1/orders",
  sela: "/sela/api/v1/orders/action",
  mipos: "/mipos/api/v1/integration/order/accept",
  olympus: "/olympus/v1/webhooks",
  ordeliya: "/ordeliya/webhooks",
};
const base = (contract: string): string => (contract === "standard" ? "" : `/${contract}`);
const JSON_TYPE = { "content-type": "application/json" };
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

const MALFORMED: readonly (readonly [string, string | Buffer])[] = [
  ["half an object", '{"a":'],
  ["text after the end", "{} {}"],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ["two equal keys", '{"action":"approve","action":"reject"}'],
  ["__proto__", '{"__proto__":{"admin":true}}'],
  ["65 levels", nested(65)],
  ["100,000 levels", nested(100_000)],
  ["NaN", '{"a":NaN}'],
  ["NUL in a string", '{"a":"\\u0000"}'],
  ["half a surrogate pair", '{"a":"\\ud800"}'],
];

describe.each(Object.keys(POSTS))("in %s", (contract) => {
  const path = POSTS[contract] ?? "";
  const post = (more: Ask) => rig.ask("POST", path, { key: keys[contract] ?? "", ...more });
  const check = (reply: Reply, status: number) => {
    expect(reply.status, reply.text).toBe(status);
    ENVELOPES[contract]?.(reply);
    expect(rig.errors).toEqual([]);
  };

  test.each(MALFORMED)("a body with %s is refused", async (_, raw) => {
    check(await post({ raw, headers: JSON_TYPE }), 400);
  });

  test.each([["null"], ["[]"], ['"text"'], ["12"]])("a body that is %s is refused", async (raw) => {
    const reply = await post({ raw, headers: JSON_TYPE });
    expect([400, 422]).toContain(reply.status);
    check(reply, reply.status);
  });

  test("a body of more than 256 KB is refused", async () => {
    check(await post({ raw: `{"a":"${"x".repeat(262_144)}"}`, headers: JSON_TYPE }), 413);
  });

  test("a compressed body is refused", async () => {
    check(await post({ raw: "{}", headers: { ...JSON_TYPE, "content-encoding": "gzip" } }), 415);
  });

  test("a body of another media type is refused, unless the contract takes any", async () => {
    for (const type of ["text/plain", "application/json; charset=latin1", ";;;", "multipart/form-data"]) {
      const reply = await post({ raw: "{}", headers: { "content-type": type } });
      if (contract === "olympus") expect(reply.status).toBe(400);
      else check(reply, 415);
    }
  });

  test("no body says which fields are missing, with and without a media type", async () => {
    for (const headers of [{}, JSON_TYPE]) {
      const reply = await post({ headers });
      expect([400, 422]).toContain(reply.status);
      check(reply, reply.status);
    }
  });

  test("a path that is not there is a 404", async () => {
    check(await rig.ask("GET", `${base(contract)}/nothing/here`), 404);
  });

  test("a method that is not there is a 405 that names those that are", async () => {
    const reply = await rig.ask("PUT", path, { key: keys[contract] ?? "" });
    check(reply, 405);
    expect(String(reply.headers.allow).split(", ")).toContain("POST");
  });

  test("a path that cannot be decoded is refused", async () => {
    check(await rig.ask("GET", `${base(contract)}/v1/%zz`), 400);
    check(await rig.ask("GET", `${base(contract)}/v1/webhooks/%ff`), 400);
  });

  test("a missing, an empty, a wrong and a foreign key are refused", async () => {
    const foreign = keys[contract === "sela" ? "mipos" : "sela"] ?? "";
    for (const key of [null, "", "nonsense", "x".repeat(5_000), foreign]) {
      check(await rig.ask("POST", path, { key, body: {} }), 401);
    }
    for (const authorization of ["Basic abc", "Bearer", "Bearer  ", "Bearer a b"]) {
      check(await rig.ask("POST", path, { key: null, body: {}, headers: { authorization } }), 401);
    }
  });

  test("a key without the scope is refused, and nothing is changed", async () => {
    const key = await rig.key(storeId, contract, [
      contract === "olympus" || contract === "ordeliya" ? "webhooks:read" : "orders:read",
    ]);
    check(await rig.ask("POST", path, { key, body: {} }), 403);
  });

  test("an Idempotency-Key that is too long or not visible is refused", async () => {
    for (const bad of ["x".repeat(256), "a b", "é"]) {
      const reply = await post({ body: {}, headers: { "idempotency-key": bad } });
      expect([400, 422]).toContain(reply.status);
      check(reply, reply.status);
    }
  });
});

test("an id with control characters, or far too long, is not found", async () => {
  for (const id of ["%00", "%0a", "x".repeat(300), "%20"]) {
    expect((await rig.ask("GET", `/v1/orders/${id}`)).status, id).toBe(404);
  }
});
