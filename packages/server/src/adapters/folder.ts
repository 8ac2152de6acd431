import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the folder, and those above it, one by one: Node's own recursive `mkdir` never ends where a file system says
 * that nothing can be made in it, such as `/proc`. Throws the system's error.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process was as quick.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
