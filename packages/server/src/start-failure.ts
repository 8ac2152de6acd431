import type { Config } from "./config.ts";

/** What could not be had at the start, and what to do about it, in one line. Never repeats the database's password. */
export function startFailure(error: unknown, { host, port, database }: Config): string {
  if (!(error instanceof Error)) return String(error);
  const { code = "", syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === "listen" || syscall === "getaddrinfo")
    return notListening(code, host, port) ?? error.message;
  if (path !== undefined && NO_WRITING.has(code)) {
    return `${path} cannot be written (${code}): give this user the right to, or set DATABASE_URL to another place.`;
  }
  if (error.name !== "StorageUnavailable" && !error.message.startsWith("ConnectionFailed"))
    return error.message;
  // The driver says `ConnectionFailed("…")`; names in quotes are part of what is wrong.
  const reason = /^ConnectionFailed\("(.*)"\)$/s.exec(error.message)?.[1] ?? error.message;
  return database.kind === "sqlite"
    ? `${reason} Check that DATABASE_URL names a file that is the hub's own, in a folder that it may write to.`
    : `${reason} Check DATABASE_URL, and that PostgreSQL answers there.`;
}

const NO_WRITING: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
]);

function notListening(code: string, host: string, port: number): string | null {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is in use: end what listens there, or set PORT to another.`;
    case "EACCES":
      return `port ${port} is not for this user: set PORT to 1024 or more.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is "${host}", which is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all of its own.`;
    default:
      return null;
  }
}
