#!/usr/bin/env node
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../bundle/main.js", import.meta.url);

// In a checkout nothing is built at first, and `npx ticketrail` should work all the same.
if (!existsSync(main)) {
  const { execFileSync } = await import("node:child_process");
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
}
await import(main.href);
