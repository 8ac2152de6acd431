import { InvalidCursor, StorageFull, StorageUnavailable } from "../driver.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const DISK_FULL = new Set(["53100"]);
/** Classes: connection exceptions, insufficient resources, operator intervention, system errors, internal errors. */
const UNUSABLE_CLASS = new Set(["08", "53", "57", "58", "XX"]);
/** Wrong password or database, a server that only reads, a lock that was not to be had in time. */
const UNUSABLE = new Set(["28000", "28P01", "3D000", "25006", "55P03"]);
const TRY_AGAIN = new Set(["40001", "40P01"]);
/** Of the operating system, as node-postgres passes them on. */
const SOCKET = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_|NOTFOUND)/;
/** node-postgres's own errors have no code. */
const OWN = /connection terminated|timeout|client has encountered a connection error|client was closed|pool/i;

export const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
};

/** Another try of the same transaction may well succeed: it met another one. */
export const mayTryAgain = (error: unknown): boolean => TRY_AGAIN.has(codeOf(error));

/** What an error comes to for the callers; errors of a verb's own pass unchanged. */
export function toStorageError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (isStorageError(error) || error instanceof InvalidCursor) return error;
  const code = codeOf(error);
  // The address and the password never stand in the message.
  if (DISK_FULL.has(code)) {
    return new StorageFull(`The database cannot grow: ${error.message}.`, { cause: error });
  }
  const isUnusable =
    UNUSABLE_CLASS.has(code.slice(0, 2)) ||
    UNUSABLE.has(code) ||
    mayTryAgain(error) ||
    SOCKET.test(code) ||
    (code === "" && OWN.test(error.message));
  return isUnusable
    ? new StorageUnavailable(`The database cannot be used: ${error.message || code}.`, { cause: error })
    : error;
}

export const isStorageError = (error: unknown): boolean =>
  error instanceof StorageFull || error instanceof StorageUnavailable;

export const closed = (): Error => new StorageUnavailable("The database is closed.");
