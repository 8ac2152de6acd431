import { parseNetwork } from "./adapters/network.ts";
import { SECRET_KEY_BYTES } from "./adapters/vault.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type DatabaseConfig =
  /** The embedded store, in one file. */
  | { readonly kind: "sqlite"; readonly path: string }
  | {
      readonly kind: "postgres";
      readonly url: string;
      /** PostgreSQL's own address where `url` is a pool's. Null: `url` is it. */
      readonly directUrl: string | null;
    };

/** What a process does: everything, accepting alone, or sending alone. */
export const ROLES = ["all", "api", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** Everything that is set from outside, parsed and checked. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly database: DatabaseConfig;
  /** `all` with the embedded store. */
  readonly role: Role;
  /** Null: one is made at the first start. Never null in production, nor with PostgreSQL. */
  readonly adminKey: string | null;
  /** Null: one is made beside the store. Never null in production, nor with PostgreSQL. */
  readonly secretKey: Uint8Array | null;
  /** Start although the endpoints' secrets will not open. */
  readonly secretKeyLost: boolean;
  /** CIDR ranges that deliveries may reach although they are not public. */
  readonly allowNetworks: readonly string[];
  /** CIDR ranges of the proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[];
  /** Host name, in lower case, to the name of the contract that answers there without its prefix. */
  readonly hosts: ReadonlyMap<string, string>;
  readonly logLevel: LogLevel;
  /** How long payloads, settled deliveries and dead letters are kept. */
  readonly retentionDays: number;
  /** Retry delays are multiplied by it. Always 1 in production. */
  readonly retryScale: number;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

const MIN_ADMIN_KEY_CHARS = 16;
const MAX_RETENTION_DAYS = 3_650;
const LOOPBACK = "127.0.0.0/8,::1/128";

/** Every problem at once, each with the variable, what is wrong and what to do. `contracts`: the names there are. */
export function parseConfig(env: Environment, contracts: readonly string[]): ConfigResult {
  const reader = new Reader(env);
  const production = readEnvironment(reader) === "production";
  const database = readDatabase(reader);
  // Made-up keys are kept beside the embedded store; what has no place beside it must be given them.
  const needsKeys = production ? "production" : database.kind === "postgres" ? "PostgreSQL" : null;
  const config: Config = Object.freeze({
    production,
    host: reader.text("HOST") ?? "127.0.0.1",
    port: readPort(reader),
    database,
    role: readRole(reader, database),
    adminKey: readAdminKey(reader, needsKeys),
    secretKey: readSecretKey(reader, needsKeys),
    secretKeyLost: readSecretKeyLost(reader),
    allowNetworks: readNetworks(reader, production),
    trustProxy: readTrustProxy(reader),
    hosts: readHosts(reader, contracts),
    logLevel: readLogLevel(reader),
    retentionDays: readRetention(reader),
    retryScale: readRetryScale(reader, production),
  });
  return reader.problems.length === 0 ? { ok: true, config } : { ok: false, problems: reader.problems };
}

class Reader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** What compose files and shells leave empty is not set. */
  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === "" ? undefined : value;
  }

  list(name: string): string[] | undefined {
    const items = this.text(name)?.split(",");
    return items?.map((item) => item.trim()).filter((item) => item !== "");
  }

  refuse(name: string, problem: string): void {
    this.problems.push(`${name} ${problem}`);
  }
}

const ENVIRONMENTS = ["production", "development", "test"] as const;

/** One that is misspelt must not open what production closes. */
function readEnvironment(reader: Reader): (typeof ENVIRONMENTS)[number] {
  const text = reader.text("NODE_ENV") ?? "development";
  const environment = ENVIRONMENTS.find((known) => known === text);
  if (environment === undefined)
    reader.refuse("NODE_ENV", `is "${text}": choose from ${ENVIRONMENTS.join(", ")}, or unset it.`);
  return environment ?? "development";
}

/** Undefined where it is not set or not such a number. */
function readWhole(reader: Reader, name: string, min: number, max: number): number | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  reader.refuse(name, `is "${text}": set it to a whole number from ${min} to ${max}.`);
  return undefined;
}

const readPort = (reader: Reader): number => readWhole(reader, "PORT", 0, 65_535) ?? 8_080;

const readRetention = (reader: Reader): number =>
  readWhole(reader, "TICKETRAIL_RETENTION_DAYS", 1, MAX_RETENTION_DAYS) ?? 30;

const POSTGRES = /^postgres(?:ql)?:/;
const POSTGRES_FORM = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

function readDatabase(reader: Reader): DatabaseConfig {
  const text = reader.text("DATABASE_URL") ?? "file:./data/ticketrail.db";
  const path = text.startsWith("file:") ? text.slice("file:".length) : "";
  if (POSTGRES.test(text)) {
    refuseNameless(reader, "DATABASE_URL", text);
    return Object.freeze({ kind: "postgres", url: text, directUrl: readDirect(reader) });
  }
  if (path === "" || path.startsWith("//") || path.includes("?")) {
    reader.refuse(
      "DATABASE_URL",
      `is not understood: set it to file:PATH, for example file:./data/ticketrail.db, or to ${POSTGRES_FORM}.`,
    );
  } else if (reader.text(DIRECT) !== undefined) {
    reader.refuse(
      DIRECT,
      "is for PostgreSQL behind a pool: set DATABASE_URL to the pool's address, or unset it.",
    );
  }
  return Object.freeze({ kind: "sqlite", path });
}

const DIRECT = "DATABASE_DIRECT_URL";

function readDirect(reader: Reader): string | null {
  const text = reader.text(DIRECT);
  if (text === undefined) return null;
  if (POSTGRES.test(text)) refuseNameless(reader, DIRECT, text);
  else reader.refuse(DIRECT, `is not PostgreSQL's: set it to ${POSTGRES_FORM}.`);
  return text;
}

/** An address may hold a password, so it is not repeated. */
function refuseNameless(reader: Reader, name: string, text: string): void {
  const address = URL.canParse(text) ? new URL(text) : null;
  if (!address || address.pathname.length < 2) {
    reader.refuse(name, `names no database: set it to ${POSTGRES_FORM}.`);
  }
}

function readRole(reader: Reader, { kind }: DatabaseConfig): Role {
  const name = "TICKETRAIL_ROLE";
  const text = reader.text(name) ?? "all";
  const role = ROLES.find((known) => known === text.toLowerCase());
  if (role === undefined) {
    reader.refuse(name, `is "${text}": choose from ${ROLES.join(", ")}.`);
  } else if (role !== "all" && kind === "sqlite") {
    reader.refuse(
      name,
      `is ${role}, which needs a store that processes can share: set DATABASE_URL to PostgreSQL's, or unset it.`,
    );
  }
  return role ?? "all";
}

/** `neededBy`: what cannot do without it; null where one is made up. */
function readAdminKey(reader: Reader, neededBy: string | null): string | null {
  const name = "TICKETRAIL_ADMIN_KEY";
  const key = reader.text(name);
  if (key === undefined) {
    if (neededBy !== null)
      reader.refuse(
        name,
        `is not set: ${neededBy} needs a secret of ${MIN_ADMIN_KEY_CHARS} characters or more.`,
      );
    return null;
  }
  if (key.length < MIN_ADMIN_KEY_CHARS) {
    reader.refuse(name, `is too short: set it to a secret of ${MIN_ADMIN_KEY_CHARS} characters or more.`);
  } else if (!/^[\x21-\x7e]+$/.test(key)) {
    reader.refuse(
      name,
      "has characters that cannot stand in a header: use letters, digits and punctuation without spaces.",
    );
  }
  return key;
}

function readSecretKey(reader: Reader, neededBy: string | null): Uint8Array | null {
  const name = "TICKETRAIL_SECRET_KEY";
  const make = "make one with: openssl rand -hex 32";
  const text = reader.text(name);
  if (text === undefined) {
    if (neededBy !== null) {
      reader.refuse(name, `is not set, and ${neededBy} needs it to encrypt secrets: ${make}`);
    }
    return null;
  }
  const isHex = /^[0-9a-f]{64}$/i.test(text);
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(text);
  const key = isHex || isBase64 ? Buffer.from(text, isHex ? "hex" : "base64") : null;
  if (key?.length === SECRET_KEY_BYTES) return new Uint8Array(key);
  reader.refuse(name, `is not ${SECRET_KEY_BYTES} bytes in hex or base64: ${make}`);
  return null;
}

function readSecretKeyLost(reader: Reader): boolean {
  const name = "TICKETRAIL_SECRET_KEY_LOST";
  const text = reader.text(name) ?? "false";
  if (text !== "true" && text !== "false") reader.refuse(name, `is "${text}": set it to true, or unset it.`);
  return text === "true";
}

function readNetworks(reader: Reader, production: boolean): readonly string[] {
  const name = "TICKETRAIL_ALLOW_NETWORKS";
  const networks = reader.list(name) ?? (production ? [] : LOOPBACK.split(","));
  for (const network of networks) {
    if (parseNetwork(network) !== null) continue;
    reader.refuse(
      name,
      `has "${network}", which is not a CIDR range: write ranges like 127.0.0.1/32,10.0.0.0/8.`,
    );
  }
  return Object.freeze(networks);
}

function readTrustProxy(reader: Reader): readonly string[] {
  const name = "TICKETRAIL_TRUST_PROXY";
  const networks = reader.list(name) ?? [];
  for (const network of networks) {
    // Believing everybody lets anybody have any address.
    if ((parseNetwork(network)?.prefixBits ?? 0) > 0) continue;
    reader.refuse(
      name,
      `has "${network}", which is not a CIDR range of some addresses: write your proxies' own, like 10.0.0.5/32.`,
    );
  }
  return Object.freeze(networks);
}

function readHosts(reader: Reader, contracts: readonly string[]): ReadonlyMap<string, string> {
  const name = "TICKETRAIL_HOSTS";
  const hosts = new Map<string, string>();
  for (const item of reader.list(name) ?? []) {
    const [host = "", contract = "", ...rest] = item.split("=").map((part) => part.trim().toLowerCase());
    if (rest.length > 0 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) {
      reader.refuse(name, `has "${item}": write host=contract, for example hooks.example.com=sela.`);
    } else if (!contracts.includes(contract)) {
      reader.refuse(
        name,
        `maps ${host} to "${contract}", which is no contract: choose from ${contracts.join(", ")}.`,
      );
    } else if (hosts.has(host)) {
      reader.refuse(name, `has ${host} twice: keep one.`);
    } else {
      hosts.set(host, contract);
    }
  }
  return hosts;
}

function readLogLevel(reader: Reader): LogLevel {
  const text = reader.text("TICKETRAIL_LOG_LEVEL") ?? "info";
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase());
  if (level === undefined) {
    reader.refuse("TICKETRAIL_LOG_LEVEL", `is "${text}": choose from ${LOG_LEVELS.join(", ")}.`);
  }
  return level ?? "info";
}

function readRetryScale(reader: Reader, production: boolean): number {
  const name = "TICKETRAIL_RETRY_SCALE";
  const text = reader.text(name);
  if (text === undefined) return 1;
  const scale = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(scale > 0 && scale <= 1_000)) {
    reader.refuse(name, `is "${text}": set it to a number above 0 and up to 1000, for example 0.01.`);
  } else if (production && scale !== 1) {
    reader.refuse(name, "changes the published retry delays, which production keeps: unset it.");
  }
  return scale;
}
