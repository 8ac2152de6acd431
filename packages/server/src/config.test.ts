import { describe, expect, it } from "vitest";
import { type Environment, parseConfig } from "./config.ts";

const CONTRACTS = ["sela", "mipos", "standard"];
const HEX_KEY = "0123456789abcdef".repeat(4);
const KEYS = { TICKETRAIL_ADMIN_KEY: "an-admin-key-of-some-length", TICKETRAIL_SECRET_KEY: HEX_KEY };
const PRODUCTION = { NODE_ENV: "production", ...KEYS };

function config(env: Environment) {
  const result = parseConfig(env, CONTRACTS);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}
function problems(env: Environment): readonly string[] {
  const result = parseConfig(env, CONTRACTS);
  return result.ok ? [] : result.problems;
}

describe("the configuration", () => {
  it("starts without the old secret key only where that is said outright", () => {
    expect(config({ TICKETRAIL_SECRET_KEY_LOST: "true" }).secretKeyLost).toBe(true);
    expect(problems({ TICKETRAIL_SECRET_KEY_LOST: "maybe" })).toEqual([
      expect.stringContaining("TICKETRAIL_SECRET_KEY_LOST"),
    ]);
  });

  it.each(["prod", "Production", "staging"])("does not take NODE_ENV=%s for development", (name) => {
    expect(problems({ NODE_ENV: name })).toEqual([expect.stringContaining(`NODE_ENV is "${name}"`)]);
  });

  it.each(["0.0.0.0/0", "::/0", "proxy", "10.0.0.0/33"])(
    "does not take %s for a proxy to trust",
    (network) => {
      expect(problems({ TICKETRAIL_TRUST_PROXY: `127.0.0.1,${network}` })).toEqual([
        expect.stringContaining(`TICKETRAIL_TRUST_PROXY has "${network}"`),
      ]);
    },
  );

  it("needs nothing in development", () => {
    expect(config({})).toEqual({
      production: false,
      host: "127.0.0.1",
      port: 8_080,
      database: { kind: "sqlite", path: "./data/ticketrail.db" },
      role: "all",
      adminKey: null,
      secretKey: null,
      secretKeyLost: false,
      allowNetworks: ["127.0.0.0/8", "::1/128"],
      trustProxy: [],
      hosts: new Map(),
      logLevel: "info",
      retentionDays: 30,
      retryScale: 1,
    });
  });

  it("is read from every variable", () => {
    const read = config({
      ...PRODUCTION,
      HOST: "0.0.0.0",
      PORT: "0",
      DATABASE_URL: "file:/var/lib/ticketrail/hub.db",
      TICKETRAIL_ROLE: "all",
      TICKETRAIL_ALLOW_NETWORKS: "10.0.0.0/8, fd00::/8",
      TICKETRAIL_TRUST_PROXY: "127.0.0.1, 10.1.0.0/16",
      TICKETRAIL_HOSTS: "Hooks.Example.com=sela, pos.example.com = mipos",
      TICKETRAIL_LOG_LEVEL: "WARN",
      TICKETRAIL_RETENTION_DAYS: "7",
      TICKETRAIL_RETRY_SCALE: "1",
    });
    expect(read).toMatchObject({
      production: true,
      host: "0.0.0.0",
      port: 0,
      database: { kind: "sqlite", path: "/var/lib/ticketrail/hub.db" },
      adminKey: "an-admin-key-of-some-length",
      allowNetworks: ["10.0.0.0/8", "fd00::/8"],
      trustProxy: ["127.0.0.1", "10.1.0.0/16"],
      logLevel: "warn",
      retentionDays: 7,
    });
    expect([...read.hosts]).toEqual([
      ["hooks.example.com", "sela"],
      ["pos.example.com", "mipos"],
    ]);
  });

  it("cannot be changed afterwards", () => {
    const read = config({});
    expect(Object.isFrozen(read)).toBe(true);
    expect(Object.isFrozen(read.database)).toBe(true);
    expect(Object.isFrozen(read.allowNetworks)).toBe(true);
  });

  it("takes an empty variable as one that is not set", () => {
    expect(config({ HOST: "", PORT: " ", TICKETRAIL_ADMIN_KEY: "", TICKETRAIL_SECRET_KEY: "" })).toEqual(
      config({}),
    );
  });

  it("takes the secret key in hex and in every base64", () => {
    const bytes = new Uint8Array(Buffer.from("fb".repeat(32), "hex"));
    const base64 = Buffer.from(bytes).toString("base64");
    for (const text of [
      "FB".repeat(32),
      base64,
      base64.replace("=", ""),
      Buffer.from(bytes).toString("base64url"),
    ]) {
      expect(config({ TICKETRAIL_SECRET_KEY: text }).secretKey).toEqual(bytes);
    }
  });

  it("allows no private network in production unless told, and scales retries outside it only", () => {
    expect(config(PRODUCTION).allowNetworks).toEqual([]);
    expect(config({ TICKETRAIL_RETRY_SCALE: "0.001" }).retryScale).toBe(0.001);
  });

  it("is refused with every problem at once, each with its variable and what to do", () => {
    const found = problems({
      NODE_ENV: "production",
      PORT: "http",
      DATABASE_URL: "mysql://root:pass@db",
      TICKETRAIL_ALLOW_NETWORKS: "10.0.0.0/40",
      TICKETRAIL_HOSTS: "example.com",
      TICKETRAIL_LOG_LEVEL: "loud",
      TICKETRAIL_RETENTION_DAYS: "0",
      TICKETRAIL_RETRY_SCALE: "0.1",
      TICKETRAIL_ROLE: "king",
    });
    expect(found.map((problem) => problem.split(" ")[0]).sort()).toEqual([
      "DATABASE_URL",
      "PORT",
      "TICKETRAIL_ADMIN_KEY",
      "TICKETRAIL_ALLOW_NETWORKS",
      "TICKETRAIL_HOSTS",
      "TICKETRAIL_LOG_LEVEL",
      "TICKETRAIL_RETENTION_DAYS",
      "TICKETRAIL_RETRY_SCALE",
      "TICKETRAIL_ROLE",
      "TICKETRAIL_SECRET_KEY",
    ]);
    for (const problem of found)
      expect(problem).toMatch(/: .*\b(set|use|choose|make|write|unset)\b|needs a secret/);
  });

  it.each([
    [{ PORT: "65536" }, "PORT"],
    [{ PORT: "-1" }, "PORT"],
    [{ ...KEYS, DATABASE_URL: "postgresql://db" }, "names no database"],
    [{ ...KEYS, DATABASE_URL: "postgres://db/hub", TICKETRAIL_ADMIN_KEY: "" }, "PostgreSQL needs a secret"],
    [{ ...KEYS, DATABASE_URL: "postgres://db/hub", TICKETRAIL_SECRET_KEY: "" }, "PostgreSQL needs it"],
    [{ DATABASE_DIRECT_URL: "postgres://db/hub" }, "DATABASE_DIRECT_URL is for PostgreSQL behind a pool"],
    [
      { ...KEYS, DATABASE_URL: "postgres://pool/hub", DATABASE_DIRECT_URL: "postgres://db" },
      "DATABASE_DIRECT_URL names no database",
    ],
    [
      { ...KEYS, DATABASE_URL: "postgres://pool/hub", DATABASE_DIRECT_URL: "db:5432/hub" },
      "DATABASE_DIRECT_URL is not PostgreSQL's",
    ],
    [{ DATABASE_URL: "file:" }, "DATABASE_URL"],
    [{ DATABASE_URL: "file:///var/lib/hub.db" }, "DATABASE_URL"],
    [{ TICKETRAIL_ADMIN_KEY: "short" }, "TICKETRAIL_ADMIN_KEY"],
    [{ TICKETRAIL_ADMIN_KEY: "a key with spaces in it" }, "TICKETRAIL_ADMIN_KEY"],
    [{ TICKETRAIL_SECRET_KEY: HEX_KEY.slice(2) }, "openssl rand -hex 32"],
    [{ TICKETRAIL_SECRET_KEY: "é".repeat(43) }, "openssl rand -hex 32"],
    [{ TICKETRAIL_ROLE: "worker" }, "needs a store that processes can share"],
    [{ TICKETRAIL_ROLE: "api" }, "needs a store that processes can share"],
    [{ TICKETRAIL_ALLOW_NETWORKS: "localhost" }, "CIDR"],
    [{ TICKETRAIL_HOSTS: "a.example=nobody" }, "sela, mipos, standard"],
    [{ TICKETRAIL_HOSTS: "a.example=sela,A.example=mipos" }, "twice"],
    [{ TICKETRAIL_RETRY_SCALE: "0" }, "TICKETRAIL_RETRY_SCALE"],
    [{ TICKETRAIL_RETRY_SCALE: "-1" }, "TICKETRAIL_RETRY_SCALE"],
  ])("is refused with %j", (env, reason) => {
    const found = problems(env);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });

  it("takes PostgreSQL's address as it is, with keys of one's own", () => {
    const url = "postgres://user:hunter2@db:5432/hub?sslmode=require";
    expect(config({ ...KEYS, DATABASE_URL: url }).database).toEqual({
      kind: "postgres",
      url,
      directUrl: null,
    });
  });

  it("takes PostgreSQL's own address beside that of a pool", () => {
    const directUrl = "postgres://user:hunter2@db:5432/hub";
    const env = { ...KEYS, DATABASE_URL: "postgres://pool:6432/hub", DATABASE_DIRECT_URL: directUrl };
    expect(config(env).database).toMatchObject({ kind: "postgres", directUrl });
  });

  it("repeats no secret in a problem", () => {
    const text = problems({
      DATABASE_URL: "postgres://user:hunter2@db/",
      DATABASE_DIRECT_URL: "postgres://user:hunter2@db/",
      TICKETRAIL_ADMIN_KEY: "hunter2",
      TICKETRAIL_SECRET_KEY: "hunter2",
    }).join();
    expect(text).not.toContain("hunter2");
  });
});
