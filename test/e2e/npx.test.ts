import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Hub, until } from "./hub.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("a hub that npx has started drains when npx is ended, which passes no SIGTERM on", async () => {
  const hub = new Hub();
  const npx = spawn("npx", ["ticketrail", "serve"], {
    cwd: ROOT,
    env: hub.environment,
  });
  let output = "";
  for (const stream of [npx.stdout, npx.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const lines = (text: RegExp) =>
    until(
      async () => output,
      (said) => text.test(said),
      30_000,
    );
  try {
    await lines(/listening on http/);
    const ended = once(npx, "exit");
    npx.kill("SIGTERM");
    await ended;
    await lines(/draining/);
    const url = /http:\/\/\S+/.exec(output)?.[0] ?? "";
    const answers = () =>
      fetch(`${url}/livez`).then(
        () => true,
        () => false,
      );
    expect(await until(answers, (answered) => !answered)).toBe(false);
  } finally {
    npx.kill("SIGKILL");
    await hub.remove();
  }
});
