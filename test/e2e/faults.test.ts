import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const RUN = fileURLToPath(new URL("../../faults/dist/run.js", import.meta.url));
/** The same moments every time; `npm run faults` draws others. */
const SEED = "20260118";

/** Tests beside it take their share of the machine. */
const READY_MS = "15000";

/** `npm run faults`, the quick way; answers its exit code and what it printed. */
async function faults(name: string, store = "sqlite"): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [
    RUN,
    "--quick",
    "--seed",
    SEED,
    "--ready-ms",
    READY_MS,
    "--only",
    name,
    "--store",
    store,
  ]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, "close");
  return { code, output };
}

test.each([
  ["kill", "kill -9 under load loses nothing, sends nothing wrong, and the hub is back at once"],
  ["terminate", "SIGTERM under load ends in time with nothing lost and nothing sent twice"],
  ["clock", "a clock that jumps makes no retry early or late, expires no order, deactivates no endpoint"],
])("%s: %s", async (name) => {
  const { code, output } = await faults(name);
  expect(code, output).toBe(0);
  expect(output).toContain("holds");
});

test("on PostgreSQL: kills of the hub, and of the server, lose nothing, and what waits goes on at once", async () => {
  const { code, output } = await faults("kill,server", "postgres");
  expect(code, output).toBe(0);
  expect(output.match(/holds/g)?.length).toBeGreaterThanOrEqual(2);
});

test("a name that is no fault is refused, with those there are", async () => {
  const { code, output } = await faults("earthquake");
  expect(code).toBe(1);
  expect(output).toContain("kill, terminate, disk-full, clock, misbehaving, outage");
});
