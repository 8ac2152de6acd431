/** A whole hub for the tests beside this file: the real store, engine and use cases; a sender and a clock in hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONTRACTS } from "@ticketrail/contracts";
import type { FastifyInstance, InjectOptions } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { addressPolicy, checkUrl } from "../adapters/address-guard.ts";
import { parseJson } from "../adapters/json.ts";
import { cryptoRandom, seededRandom } from "../adapters/random.ts";
import { createVault } from "../adapters/vault.ts";
import { idsFrom } from "../domain/id.ts";
import { ADMISSION } from "../engine/admission.ts";
import { createEngine } from "../engine/create.ts";
import type { Engine } from "../engine/engine.ts";
import { JOBS } from "../engine/jobs.ts";
import { DEFAULT_LIMITS } from "../engine/limits.ts";
import type { SendOutcome, SendRequest, Transport } from "../engine/sender.ts";
import { signedSender } from "../engine/signed.ts";
import { createServices, type Services } from "../service/services.ts";
import type { StoreDriver } from "../store/driver.ts";
import { openSqlite } from "../store/sqlite/index.ts";
import { createHttp } from "./app.ts";

export const OPERATOR_KEY = "operator-key-of-the-tests";
export const START = Date.parse("2026-01-18T10:00:00.000Z");
export const RECEIVER = "https://kitchen.example.com/hooks";

/** An order that every schema takes. */
export const ORDER = {
  items: [{ name: "Burger", quantity: 2, unitMinor: 1_499 }],
  totals: { subtotalMinor: 2_998, totalMinor: 2_998 },
} as const;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Parsed where it is JSON, else the text; null without a body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly text: string;
}

export interface Ask {
  readonly key?: string | null;
  readonly body?: unknown;
  /** Instead of `body`: sent as it is, without a media type of its own. */
  readonly raw?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly from?: string;
}

export interface Rig {
  readonly app: FastifyInstance;
  readonly driver: StoreDriver;
  readonly services: Services;
  readonly sent: SendRequest[];
  readonly errors: unknown[];
  /** The status of every answer. */
  readonly answers: number[];
  readonly now: () => number;
  /** Ends the hub and removes its files. */
  readonly close: () => Promise<void>;
  advance(ms: number): void;
  answerWith(outcome: (request: SendRequest) => Partial<SendOutcome>): void;
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** A store's id. */
  store(input?: object): Promise<string>;
  /** A key of the contract for the store. */
  key(storeId: string, contract: string, scopes?: readonly string[]): Promise<string>;
}

export interface RigOptions {
  readonly production?: boolean;
  readonly hosts?: ReadonlyMap<string, string>;
  readonly trustProxy?: readonly string[];
  readonly draining?: () => boolean;
  /** Stands between the hub and its store. */
  readonly wrap?: (driver: StoreDriver) => StoreDriver;
}

/** Closed when the test has finished. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const rig = await openRig(options);
  onTestFinished(rig.close);
  return rig;
}

/** To be closed by whoever shares it among tests. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "ticketrail-http-"));
  const opened = await openSqlite({ path: join(folder, "hub.db") });
  const driver = options.wrap?.(opened) ?? opened;
  const vault = createVault(new Uint8Array(32).fill(7));
  let now = START;
  const clock = { now: () => now };
  const random = cryptoRandom();
  const errors: unknown[] = [];
  const answers: number[] = [];
  const sent: SendRequest[] = [];
  let outcomeOf: (request: SendRequest) => Partial<SendOutcome> = () => ({});
  const policy = addressPolicy({
    production: options.production ?? false,
    allowNetworks: options.production ? [] : ["127.0.0.0/8"],
  });
  const contracts = new Map(CONTRACTS.map((contract) => [contract.name, contract]));
  const engine = engineOf({
    driver,
    vault,
    clock,
    newId: idsFrom(clock, random),
    onTrouble: (error) => errors.push(error),
    send: async (request) => {
      sent.push(request);
      return { statusCode: 200, error: null, durationMs: 5, retryAfterMs: null, ...outcomeOf(request) };
    },
  });
  const services = createServices({
    driver,
    engine,
    vault,
    clock,
    contracts,
    checkUrl: (url) => checkUrl(url, policy),
  });
  const app = createHttp({
    services,
    driver,
    vault,
    clock,
    random,
    seededRandom: (seed) => seededRandom(vault, seed),
    parseJson,
    contracts,
    trustProxy: options.trustProxy ?? [],
    hosts: options.hosts ?? new Map(),
    adminKeyHash: vault.hash(OPERATOR_KEY),
    metrics: {
      contentType: "text/plain",
      render: async () => "ticketrail_up 1\n",
      httpRequest: (_, status) => answers.push(status),
    },
    log: { error: (fields) => errors.push(fields) },
    draining: options.draining ?? (() => false),
  });
  const close = async () => {
    await app.close();
    await engine.drain();
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  };
  await engine.start();

  const ask = (method: string, path: string, given: Ask = {}) => inject(app, method, path, given);
  const operator = async (path: string, body: unknown) => {
    const reply = await ask("POST", path, { body });
    if (reply.status !== 201) throw new Error(`${path}: ${reply.status} ${reply.text}`);
    return reply.body;
  };
  return {
    app,
    driver,
    services,
    sent,
    errors,
    answers,
    close,
    now: clock.now,
    advance: (ms) => {
      now += ms;
    },
    answerWith: (outcome) => {
      outcomeOf = outcome;
    },
    ask,
    store: async (input = {}) =>
      (
        await operator("/v1/stores", {
          name: "Nord",
          currency: "EUR",
          timezone: "Europe/Copenhagen",
          ...input,
        })
      ).id,
    key: async (storeId, contract, scopes) =>
      (await operator("/v1/keys", { storeId, contract, ...(scopes ? { scopes } : {}) })).key,
  };
}

type EngineParts = Parameters<typeof createEngine>[0];

/** Timers never run out by themselves: what a test waits for, it causes. */
const engineOf = ({
  send,
  ...parts
}: Pick<EngineParts, "driver" | "vault" | "clock" | "newId" | "onTrouble"> &
  Pick<Transport, "send">): Engine =>
  createEngine({
    ...parts,
    neighbours: null,
    contracts: CONTRACTS,
    sender: signedSender({
      transport: { send, close: async () => {} },
      contracts: CONTRACTS,
      clock: parts.clock,
      wallClock: parts.clock,
    }),
    timers: { after: () => () => {}, soon: setImmediate },
    limits: DEFAULT_LIMITS,
    retryScale: 1,
    retentionMs: 30 * 86_400_000,
    sweepMs: 30_000,
    jobs: JOBS,
    exclusive: true,
    sends: true,
    admission: ADMISSION,
    load: () => 0,
    onAccepted: () => {},
    onAttempt: () => {},
    onDeactivated: () => {},
  });

async function inject(app: FastifyInstance, method: string, path: string, given: Ask): Promise<Reply> {
  const { key = OPERATOR_KEY, body, raw, headers, from } = given;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await app.inject({
    method: method as NonNullable<InjectOptions["method"]>,
    url: path,
    ...(from === undefined ? {} : { remoteAddress: from }),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  const isJson = String(response.headers["content-type"] ?? "").includes("json");
  const text = response.payload;
  return {
    status: response.statusCode,
    headers: response.headers,
    body: text === "" ? null : isJson ? JSON.parse(text) : text,
    text,
  };
}

/** Lets what is under way have its turn until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 2_000; turns++) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("It never came true.");
}

// Other files import this one; its own test runs where it is the file under test.
if (expect.getState().testPath === fileURLToPath(import.meta.url)) {
  test("a fresh hub is live and ready", async () => {
    const rig = await startRig();
    expect((await rig.ask("GET", "/livez", { key: null })).status).toBe(200);
    expect((await rig.ask("GET", "/readyz", { key: null })).status).toBe(200);
    expect(rig.errors).toEqual([]);
  });
}
