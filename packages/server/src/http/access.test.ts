import { expect, test } from "vitest";
import { startRig } from "./rig.test.ts";

test("wrong keys from one address are slowed past 300 a minute; right ones, and other addresses, never", async () => {
  const rig = await startRig();
  const key = await rig.key(await rig.store(), "sela");
  const wrong = (from: string) => rig.ask("GET", "/sela/api/v1/orders", { key: "sk_live_wrong", from });
  const statuses = new Set<number>();
  for (let n = 0; n < 300; n++) statuses.add((await wrong("192.0.2.1")).status);
  expect([...statuses]).toEqual([401]);
  const slowed = await wrong("192.0.2.1");
  expect([slowed.status, slowed.headers["retry-after"], slowed.body.error.code]).toEqual([
    429,
    "60",
    "rate_limited",
  ]);
  expect((await rig.ask("GET", "/sela/api/v1/orders", { key, from: "192.0.2.1" })).status).toBe(200);
  expect((await wrong("192.0.2.2")).status).toBe(401);
  rig.advance(60_000);
  expect((await wrong("192.0.2.1")).status).toBe(401);
});

test("behind a proxy that is trusted, addresses are what it says; what others say of theirs counts for nothing", async () => {
  const rig = await startRig({ trustProxy: ["10.0.0.5/32"] });
  const wrong = (from: string, said: string) =>
    rig.ask("GET", "/v1/stores", { key: "wrong", from, headers: { "x-forwarded-for": said } });
  for (let n = 0; n < 300; n++) await wrong("10.0.0.5", "203.0.113.66, 198.51.100.7");
  expect((await wrong("10.0.0.5", "198.51.100.7")).status).toBe(429);
  expect((await wrong("10.0.0.5", "198.51.100.8")).status).toBe(401);
  for (let n = 0; n < 300; n++) await wrong("192.0.2.9", `198.51.100.${n % 250}`);
  expect((await wrong("192.0.2.9", "203.0.113.1")).status).toBe(429);
  expect((await wrong("192.0.2.7", "203.0.113.1")).status).toBe(401);
});

test("credentials in a body are slowed like keys in a header", async () => {
  const rig = await startRig();
  const body = { client_id: "a", client_secret: "b", grant_type: "refresh_token", refresh_token: "c" };
  const ask = () => rig.ask("POST", "/mipos/api/oauth/token/refresh", { key: null, body, from: "192.0.2.3" });
  for (let n = 0; n < 300; n++) await ask();
  expect((await ask()).status).toBe(429);
});

test("a missing key says what to send, and is not counted as a wrong one", async () => {
  const rig = await startRig();
  for (let n = 0; n < 301; n++) {
    const reply = await rig.ask("GET", "/v1/stores", { key: null });
    expect(reply.status).toBe(401);
    expect(reply.headers["www-authenticate"]).toBe("Bearer");
  }
});
