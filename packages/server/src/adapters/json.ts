import { isUtf8 } from "node:buffer";
import type { ErrorCode } from "@ticketrail/contracts";
import { type JsonFault, scanJson } from "./json-scan.ts";

export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: Extract<ErrorCode, "malformed_json">; readonly message: string };

export const MAX_JSON_DEPTH = 64;
const MAX_PATH_CHARS = 200;

/**
 * Parses a request's body, and refuses what would mean something else further on: bytes that are not UTF-8, a byte
 * order mark, a key twice in one object, `__proto__`, half a surrogate pair, NUL, a number that would change.
 */
export function parseJson(bytes: Uint8Array, options: { readonly maxDepth?: number } = {}): JsonResult {
  const { maxDepth = MAX_JSON_DEPTH } = options;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body.length === 0) return refused("The body is empty; it must be JSON.");
  if (!isUtf8(body)) return refused(`The body is not UTF-8: see byte ${firstBadByte(body)}.`);
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    return refused("The body begins with a byte order mark; send it without one.");
  }
  const fault = scanJson(body, maxDepth);
  return fault === null
    ? { ok: true, value: JSON.parse(body.toString("utf8")) }
    : refused(describe(fault, body));
}

const refused = (message: string): JsonResult => ({ ok: false, code: "malformed_json", message });

/** Only for the message: the decoder puts U+FFFD where a byte is wrong. */
function firstBadByte(body: Buffer): number {
  let offset = 0;
  for (const char of body.toString("utf8")) {
    if (char === "\ufffd" && !body.subarray(offset, offset + 3).equals(REPLACEMENT)) return offset;
    offset += Buffer.byteLength(char);
  }
  return offset;
}

const REPLACEMENT = Buffer.from("\ufffd");

function describe({ problem, offset, path }: JsonFault, body: Buffer): string {
  const before = body.toString("utf8", 0, offset).split("\n");
  const column = [...(before.at(-1) ?? "")].length + 1;
  const where = path.length === 0 ? "" : `, at ${shorten(path.join("."))}`;
  return `The body ${problem}: see line ${before.length}, column ${column}${where}.`;
}

const shorten = (text: string): string =>
  text.length <= MAX_PATH_CHARS ? text : `${text.slice(0, MAX_PATH_CHARS)}…`;
