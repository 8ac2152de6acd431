import { expect, test } from "vitest";
import { createProbes } from "./probes.ts";

const fails = async () => {
  throw new Error("connect ECONNREFUSED 10.0.0.7:5432");
};

test("a bad request is no failure of a process that only sends", async () => {
  const probes = createProbes({
    driver: { ping: async () => undefined },
    draining: () => false,
    metrics: { contentType: "text/plain", render: async () => "" },
  });
  const post = async (payload: string) => {
    const headers = { "content-type": "application/json" };
    return (await probes.inject({ method: "POST", url: "/livez", headers, payload })).statusCode;
  };
  expect([await post("{bad"), await post(`"${"x".repeat(2_000_000)}"`)]).toEqual([400, 413]);
});

test("a process that only sends says that its store is away, and nothing of where it is", async () => {
  const probes = createProbes({
    driver: { ping: fails },
    draining: () => false,
    metrics: { contentType: "text/plain", render: fails },
  });
  const answers = await Promise.all(
    ["/livez", "/readyz", "/metrics"].map(async (url) => {
      const { statusCode, body } = await probes.inject({ url });
      return [statusCode, body];
    }),
  );
  expect(answers).toEqual([
    [200, '{"status":"ok"}'],
    [503, '{"status":"storage_unavailable"}'],
    [500, '{"status":"internal_error"}'],
  ]);
});
