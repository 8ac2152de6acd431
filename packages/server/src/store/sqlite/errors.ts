import { InvalidCursor, StorageFull, StorageUnavailable } from "../driver.ts";

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE_FULL = 13;
const SQLITE_IOERR = 10;
/** Extended codes of SQLITE_IOERR that mean a write did not reach the disk: WRITE, FSYNC, TRUNCATE, SHMSIZE. */
const WRITE_FAILURES = new Set([778, 1034, 1546, 4874]);
/** INTERNAL, PERM, BUSY, LOCKED, NOMEM, READONLY, CORRUPT, CANTOPEN, PROTOCOL, NOLFS, NOTADB. */
const UNUSABLE = new Set([2, 3, 5, 6, 7, 8, 11, 14, 15, 22, 26]);

/** What an error comes to for the callers; errors of a verb's own pass unchanged. */
export function toStorageError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = (error as { rawCode?: unknown }).rawCode;
  if (typeof code !== "number") return error;
  const primary = code & 255;
  if (primary === SQLITE_FULL || WRITE_FAILURES.has(code)) {
    return new StorageFull(`The database cannot grow: ${error.message}.`, { cause: error });
  }
  if (primary === SQLITE_IOERR || UNUSABLE.has(primary)) {
    return new StorageUnavailable(`The database cannot be used: ${error.message}.`, { cause: error });
  }
  return error;
}

export const isStorageError = (error: Error): boolean =>
  error instanceof StorageFull || error instanceof StorageUnavailable;

/** An error on its way between threads. */
export interface SentError {
  readonly name: string;
  readonly message: string;
}

export const sendError = ({ name, message }: Error): SentError => ({ name, message });

export function receiveError({ name, message }: SentError): Error {
  if (name === "StorageFull") return new StorageFull(message);
  if (name === "StorageUnavailable") return new StorageUnavailable(message);
  if (name === "InvalidCursor") return new InvalidCursor(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
