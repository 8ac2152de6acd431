import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { startFailure } from "./start-failure.ts";
import { StorageUnavailable } from "./store/driver.ts";

const POSTGRES = {
  DATABASE_URL: "postgres://hub:hidden@db/hub",
  TICKETRAIL_ADMIN_KEY: "an-admin-key-of-some-length",
  TICKETRAIL_SECRET_KEY: "11".repeat(32),
};
const config = (env: object) => {
  const parsed = parseConfig({ HOST: "10.0.0.9", PORT: "80", ...env }, []);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
};
const failed = (fields: object) => Object.assign(new Error("something failed"), fields);

test.each([
  [{ syscall: "listen", code: "EADDRINUSE" }, "port 80 on 10.0.0.9 is in use", "set PORT"],
  [{ syscall: "listen", code: "EACCES" }, "port 80", "set PORT to 1024 or more"],
  [{ syscall: "listen", code: "EADDRNOTAVAIL" }, "HOST", "127.0.0.1"],
  [{ syscall: "getaddrinfo", code: "ENOTFOUND" }, "HOST", "127.0.0.1"],
  [{ syscall: "open", code: "EACCES", path: "/data/x" }, "/data/x cannot be written", "DATABASE_URL"],
  [{ syscall: "mkdir", code: "ENOENT", path: "/proc/x" }, "/proc/x cannot be written", "DATABASE_URL"],
  [{ message: 'ConnectionFailed("Unable to open: 14")' }, "Unable to open: 14", "DATABASE_URL names a file"],
])("%j says what is wrong and what to do", (fields, wrong, advice) => {
  const text = startFailure(failed(fields), config({}));
  expect(text).toContain(wrong);
  expect(text).toContain(advice);
  expect(text).not.toContain("ConnectionFailed");
});

test("a PostgreSQL that does not answer is said without its password", () => {
  const error = new StorageUnavailable("The database cannot be used: connect ECONNREFUSED 10.0.0.1:5432.");
  const text = startFailure(error, config(POSTGRES));
  expect(text).toContain("ECONNREFUSED");
  expect(text).toContain("PostgreSQL answers there");
  expect(text).not.toContain("hidden");
});

test("what PostgreSQL says is said whole, with the names that it quotes", () => {
  const error = new StorageUnavailable(
    'The database cannot be used: password authentication failed for user "hub".',
  );
  expect(startFailure(error, config(POSTGRES))).toBe(
    'The database cannot be used: password authentication failed for user "hub". Check DATABASE_URL, and that PostgreSQL answers there.',
  );
});

test("what is not known is told as it is", () => {
  expect(startFailure(new Error("The disk has gone."), config({}))).toBe("The disk has gone.");
  expect(startFailure("odd", config({}))).toBe("odd");
});
