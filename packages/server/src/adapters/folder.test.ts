import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "./folder.ts";

test("a folder is made with those above it, and left alone where it is there", () => {
  const root = mkdtempSync(join(tmpdir(), "ticketrail-"));
  const path = join(root, "a", "b", "c");
  makeFolder(path);
  makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
  rmSync(root, { recursive: true });
});

test.runIf(process.platform === "linux")("where none can be made, that is said at once", () => {
  expect(() => makeFolder("/proc/nothing/here")).toThrow(/ENOENT|EACCES|EPERM/);
});

test("under a file there is none to be made", () => {
  expect(() => makeFolder(join(import.meta.filename, "a"))).toThrow("ENOTDIR");
});
