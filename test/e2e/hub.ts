import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  makeDatabase,
  type TestDatabase,
} from "../../packages/server/src/store/postgres/database.fixture.ts";

const BIN = fileURLToPath(new URL("../../packages/server/bin/ticketrail.js", import.meta.url));
/** Whoever asks without a pause takes the processor from those it waits for. */
const POLL_MS = 5;
export const STORES = ["SQLite", "PostgreSQL"] as const;
export type StoreName = (typeof STORES)[number];
export const ADMIN_KEY = "operator-key-for-the-tests";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the API answers
  readonly body: any;
}

/** The real program in a process of its own, over a folder of its own. */
export class Hub {
  readonly folder = mkdtempSync(join(tmpdir(), "ticketrail-e2e-"));
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #database: TestDatabase | null = null;
  url = "";
  output = "";

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = env;
  }

  /** Another process on the same database, with what is changed in its environment. */
  beside(env: Readonly<Record<string, string>>): Hub {
    return new Hub({ ...this.#env, ...this.#addresses(), ...env });
  }

  /** Keeps everything in a database of its own on the server of the whole run, rather than in its folder. */
  async on(store: StoreName): Promise<this> {
    if (store === "PostgreSQL") this.#database = await makeDatabase({ empty: true });
    return this;
  }

  async start(): Promise<this> {
    const child = spawn(process.execPath, [BIN, "serve"], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.on("data", (chunk) => {
      this.output += chunk;
    });
    this.url = await new Promise<string>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`The hub ended with ${code}: ${this.output}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.output += `${line}\n`;
        const address = /https?:\/\/[^\s"]+/.exec(line);
        if (address) resolve(address[0]);
      });
    });
    return this;
  }

  get environment(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      PORT: "0",
      ...this.#addresses(),
      TICKETRAIL_ADMIN_KEY: ADMIN_KEY,
      TICKETRAIL_SECRET_KEY: "11".repeat(32),
      ...this.#env,
    };
  }

  #addresses(): Readonly<Record<string, string>> {
    if (this.#database === null) return { DATABASE_URL: `file:${join(this.folder, "hub.db")}` };
    const { url, directUrl } = this.#database;
    return { DATABASE_URL: url, ...(url === directUrl ? {} : { DATABASE_DIRECT_URL: directUrl }) };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Ends the process with a signal; answers its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    await this.#database?.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call(method: string, path: string, body?: unknown, key: string | null = ADMIN_KEY): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (key !== null) headers.authorization = `Bearer ${key}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  }

  post(path: string, body?: unknown, key?: string): Promise<Answer> {
    return this.call("POST", path, body, key);
  }

  get(path: string, key?: string): Promise<Answer> {
    return this.call("GET", path, undefined, key);
  }
}

/** Asks again until `done` holds: the hub works while the test waits for its answers. */
export async function until<Value>(
  ask: () => Promise<Value>,
  done: (value: Value) => boolean,
  timeoutMs = 15_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (done(value)) return value;
    if (Date.now() > deadline) throw new Error(`Still not so: ${JSON.stringify(value).slice(0, 2_000)}`);
    await setTimeout(POLL_MS);
  }
}
