import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const found = () => PLACES.find((path) => existsSync(path));

/** The path of a browser; installed by itself on Debian and Ubuntu as root, elsewhere one line says what to do. */
export function chromium(): string {
  const there = found();
  if (there) return there;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error("The browser tests need Chromium: install it so that `/usr/bin/chromium` is there.");
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) =>
    execFileSync("apt-get", args, { env, stdio: "ignore", timeout: 600_000 });
  try {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  } catch {
    throw new Error("Installing Chromium failed: run `apt-get update && apt-get install chromium`.");
  }
  const installed = found();
  if (!installed) throw new Error("apt-get installed no Chromium where it is looked for.");
  return installed;
}

/** Headless, without the background traffic that a closed network refuses. */
export const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
