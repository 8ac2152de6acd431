import { CONTRACTS } from "@ticketrail/contracts";
import { expect, test } from "vitest";
import { createProbes, type ProbeParts } from "./probes.ts";

const fails = async () => {
  throw new Error("connect ECONNREFUSED 10.0.0.7:5432");
};

const sending = (parts: ProbeParts) =>
  createProbes({
    ...parts,
    contracts: new Map(CONTRACTS.map((contract) => [contract.name, contract])),
    newId: (prefix) => `${prefix}1`,
  });

test("a process that only sends refuses all else as the native API would", async () => {
  const probes = sending({
    driver: { ping: async () => undefined },
    draining: () => false,
    metrics: { contentType: "text/plain", render: async () => "" },
  });
  const post = async (payload: string) => {
    const headers = { "content-type": "application/json" };
    return (await probes.inject({ method: "POST", url: "/livez", headers, payload })).statusCode;
  };
  expect([await post("{bad"), await post(`"${"x".repeat(2_000_000)}"`)]).toEqual([405, 413]);
  const answer = await probes.inject({ url: "/v1/stores" });
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(answer.json()).toMatchObject({ status: 404, code: "not_found", requestId: "req_1" });
});

test("a process that only sends says that its store is away, and nothing of where it is", async () => {
  const probes = sending({
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
  expect(answers.slice(0, 2)).toEqual([
    [200, '{"status":"ok"}'],
    [503, '{"status":"storage_unavailable"}'],
  ]);
  expect(answers[2]).toEqual([500, expect.stringContaining('"code":"internal"')]);
  expect(JSON.stringify(answers)).not.toContain("10.0.0.7");
});
