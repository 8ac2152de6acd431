import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/server/bin/ticketrail.js", import.meta.url));

test("the demo ends by itself with every request verified and totals that add up", async () => {
  const child = spawn(process.execPath, [BIN, "demo", "--once"], {
    env: { PATH: process.env.PATH ?? "", PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(output.split("\n")[0]).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
  for (const contract of ["sela", "mipos", "olympus", "ordeliya", "standard"])
    expect(output).toContain(contract);
  expect(output.match(/^ {2}ok /gm)?.length, output.slice(-2_000)).toBeGreaterThanOrEqual(4);
  expect(output).toMatch(/[1-9]\d* dead letters, [1-9]\d* replayed/);
  expect(code).toBe(0);
}, 120_000);
