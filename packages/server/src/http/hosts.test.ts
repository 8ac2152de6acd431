import { expect, test } from "vitest";
import { hostRewriter } from "./hosts.ts";
import { startRig } from "./rig.test.ts";

test("a host that stands for a contract serves the documented paths without the prefix", async () => {
  const rig = await startRig({ hosts: new Map([["api.ordeliya.example", "ordeliya"]]) });
  const headers = { host: "API.ordeliya.example:8080" };
  expect((await rig.ask("GET", "/health", { key: null, headers })).body.success).toBe(true);
  expect((await rig.ask("GET", "/ordeliya/health", { key: null, headers })).status).toBe(200);
  const missing = await rig.ask("GET", "/nothing", { key: null, headers });
  expect([missing.status, missing.body.success]).toEqual([404, false]);
  const [, page] = /(\/docs\S*)\.$/.exec(missing.body.error.message) ?? [];
  expect(page).toBe("/docs/ordeliya");
  for (const path of [page ?? "", "/docs", "/"]) {
    expect((await rig.ask("GET", path, { key: null, headers })).status).toBe(200);
  }
  expect((await rig.ask("GET", "/health", { key: null })).status).toBe(404);
});

test.each([
  ["a.example", "/x", "/sela/x"],
  ["a.example:443", "/x?y=/z", "/sela/x?y=/z"],
  ["a.example", "/sela/x", "/sela/x"],
  ["a.example", "/selax", "/sela/selax"],
  ["a.example", "/docs", "/docs/sela"],
  ["a.example", "/docs/sela", "/docs/sela"],
  ["a.example", "/docsx", "/sela/docsx"],
  ["a.example", "/", "/"],
  ["b.example", "/docs", "/docs"],
  ["b.example", "/x", "/x"],
  [undefined, "/x", "/x"],
  ["a.example", "*", "*"],
  ["b.example", "http://A.example:80/x?y", "/sela/x?y"],
  ["a.example", "http://b.example", "/"],
  ["a.example", "http://b.example?x", "/?x"],
  ["a.example", "ftp://b.example/x", "ftp://b.example/x"],
])("%s%s becomes %s", (host, path, expected) => {
  expect(hostRewriter(new Map([["a.example", "sela"]]))(host, path)).toBe(expected);
});
