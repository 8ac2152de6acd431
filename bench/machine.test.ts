import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { cpuMicros } from "./machine.mjs";

const BURN_MS = 100;
const BURN = `while (process.cpuUsage().user < ${BURN_MS * 1000}) {}`;

// Read from /proc, which only Linux has.
it.skipIf(process.platform !== "linux")(
  "processor time is that of a whole family, of a grandchild that has ended too",
  async () => {
    const inner = `'${process.execPath}' -e '${BURN}'; echo ended; read _`;
    const outer = spawn("sh", ["-c", `sh -c "$1"; true`, "sh", inner]);
    const exited = once(outer, "exit");
    await once(outer.stdout, "data");
    expect(cpuMicros(Number(outer.pid))).toBeGreaterThanOrEqual(BURN_MS * 1000 * 0.9);
    outer.stdin.end();
    await exited;
  },
);
