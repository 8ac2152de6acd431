import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Hub, until } from "./hub.ts";
import { Receiver } from "./receiver.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let hub: Hub;
beforeEach(() => {
  hub = new Hub();
});
afterEach(() => hub.remove());

test("the same signal twice at once, from a terminal and from npm, drains all the same", async () => {
  await hub.start();
  const stopped = hub.stop("SIGINT");
  process.kill(hub.pid, "SIGINT");
  expect(await stopped).toBe(0);
});

test("a signal well after the first ends what is still draining", async () => {
  const receiver = await new Receiver(() => undefined).start();
  await hub.start();
  const store = { name: "Trattoria", currency: "EUR", timezone: "Europe/Rome" };
  const storeId = (await hub.post("/v1/stores", store)).body.id;
  await hub.post("/v1/endpoints", { storeId, contract: "standard", url: receiver.url, events: ["*"] });
  await hub.post("/v1/orders", {
    storeId,
    items: [{ name: "Margherita", quantity: 1, unitMinor: 890 }],
    totals: { subtotalMinor: 890, totalMinor: 890 },
  });
  await receiver.received(1);
  const stopped = hub.stop("SIGTERM");
  let ended = false;
  void stopped.then(() => {
    ended = true;
  });
  await until(
    async () => ended || !process.kill(hub.pid, "SIGTERM"),
    (value) => value,
    // An attempt that hangs ends by itself after 10 s.
    8_000,
  );
  expect(await stopped).toBe(1);
  await receiver.stop();
});

test("SIGTERM to `npm start` gets to the hub, which drains, and npm answers 0", async () => {
  const npm = spawn("npm", ["start"], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, ...hub.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = outputOf(npm);
  try {
    await until(output, (text) => text.includes("listening"), 60_000);
    const ended = once(npm, "close");
    npm.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(await output()).toContain("draining");
  } finally {
    // What npm has left behind is in its group.
    if (npm.exitCode === null) process.kill(-(npm.pid ?? 0), "SIGKILL");
  }
}, 90_000);

function outputOf({ stdout, stderr }: ChildProcess): () => Promise<string> {
  let text = "";
  for (const stream of [stdout, stderr]) {
    stream?.on("data", (chunk) => {
      text += chunk;
    });
  }
  return async () => text;
}
