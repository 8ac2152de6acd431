import { chromium } from "./chromium.ts";

/** Before the first test file: what a test needs beyond npm is installed once, not in a test's own time. */
export default function setup(): void {
  chromium();
}
