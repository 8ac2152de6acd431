import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { withUndo } from "./undo.mjs";

const FIXTURE = fileURLToPath(new URL("undo.fixture.mjs", import.meta.url));

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it("undoes all that was begun, the last first, and says what failed", async () => {
  const done: string[] = [];
  const run = withUndo(async (undo) => {
    undo(() => done.push("first"));
    undo(() => Promise.reject(new Error("second")));
    undo(() => {
      throw new Error("third");
    });
    return "result";
  });
  await expect(run).rejects.toThrow("third");
  expect(done).toEqual(["first"]);
  const failed = withUndo(async (undo) => {
    undo(() => done.push("after a failure"));
    throw new Error("use");
  });
  await expect(failed).rejects.toThrow("use");
  expect(done).toEqual(["first", "after a failure"]);
  expect(await withUndo(async () => "result")).toBe("result");
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("leaves no server and no folder behind when %s ends it", async (signal, code) => {
  const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let said = "";
  let pid = 0;
  for await (const chunk of child.stdout) {
    said += chunk;
    if (pid > 0 || !said.includes("\n")) continue;
    ({ pid } = JSON.parse(said.split("\n")[0] as string));
    expect(isThere(pid)).toBe(true);
    child.kill(signal);
  }
  expect((await exited)[0]).toBe(code);
  expect(said.split("\n").slice(1, 3)).toEqual(['{"undone":"last"}', '{"folder":false}']);
  expect(isThere(pid)).toBe(false);
});
