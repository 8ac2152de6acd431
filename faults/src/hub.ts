import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { unlessEnding } from "./undo.ts";

const BIN = fileURLToPath(new URL("../../packages/server/bin/ticketrail.js", import.meta.url));
const READY_MS = 30_000;
const LOOK_MS = 5;

// biome-ignore lint/suspicious/noExplicitAny: whatever the API answers
export type Json = any;

/** All processes on one database have the same. */
export interface Keys {
  readonly admin: string;
  readonly secret: string;
}
export const newKeys = (): Keys => ({
  admin: randomBytes(24).toString("hex"),
  secret: randomBytes(32).toString("hex"),
});

export interface HubInput {
  /** Its log's. */
  readonly name: string;
  readonly folder: string;
  readonly keys: Keys;
  readonly env: Readonly<Record<string, string>>;
  readonly nodeArgs: readonly string[];
}

/** The real program in a process of its own. It keeps its address over restarts. */
export class Hub {
  readonly #input: HubInput;
  #port = 0;
  #child: ChildProcess | null = null;

  constructor(input: HubInput) {
    this.#input = input;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#input.keys.admin}`, "content-type": "application/json" };
  }

  get #log(): string {
    return join(this.#input.folder, `${this.#input.name}.log`);
  }

  /** Resolves when it is ready, with the milliseconds from its start till then. */
  async start(): Promise<number> {
    this.#port ||= await freePort();
    await unlessEnding();
    const { folder, keys, env, nodeArgs } = this.#input;
    const log = openSync(this.#log, "a");
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...nodeArgs, BIN, "serve"], {
      cwd: folder,
      stdio: ["ignore", log, log],
      env: {
        PATH: process.env.PATH,
        PORT: String(this.#port),
        TICKETRAIL_ADMIN_KEY: keys.admin,
        TICKETRAIL_SECRET_KEY: keys.secret,
        TICKETRAIL_LOG_LEVEL: "warn",
        ...env,
      },
    });
    closeSync(log);
    this.#child = child;
    while (!(await this.isReady())) {
      if (child.exitCode !== null) throw new Error(`The hub ended with ${child.exitCode}: ${this.#tail()}`);
      if (performance.now() - startedAt > READY_MS) throw new Error(`The hub is not ready: ${this.#tail()}`);
      await sleep(LOOK_MS);
    }
    return performance.now() - startedAt;
  }

  isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
  }

  /** Sends it a signal; answers its exit code, null where the signal ended it. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  }

  /** It stands still, or goes on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Resident memory in MB. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  }

  /** Rejects where it answers anything but a 2xx. */
  async call(method: "GET" | "POST", path: string, body?: object): Promise<Json> {
    const response = await fetch(this.url + path, {
      method,
      headers: this.headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 400)}`);
    return JSON.parse(text);
  }

  get(path: string): Promise<Json> {
    return this.call("GET", path);
  }

  /** All rows of a list. `path` has a query. */
  async all(path: string): Promise<Json[]> {
    const rows: Json[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await this.get(`${path}&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      rows.push(...page.data);
      cursor = page.nextCursor;
    }
    return rows;
  }

  /** All that it has logged, over its restarts. */
  logged(): string {
    return readFileSync(this.#log, "utf8");
  }

  #tail(): string {
    return this.logged().slice(-2_000);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
