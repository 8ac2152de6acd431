import type { Contract, FieldError } from "@ticketrail/contracts";
import { invalidFields } from "../domain/error.ts";

/** What belongs to the connection, to the body, or to proxies on the way. */
const RESERVED = new Set([
  "host",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);
const RESERVED_PREFIXES = ["content-", "proxy-"];
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,1000}$/;
const MAX_HEADERS = 20;

/** An endpoint's own headers under lower-case names. Throws `invalid_request`, naming each bad one. */
export function checkHeaders(
  contract: Contract,
  all: Iterable<Contract>,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const problems: FieldError[] = [];
  const reserved = reservedBy(contract, all);
  const checked: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const problem =
      problemOf(name, value, reserved) ?? (Object.hasOwn(checked, name) ? "is given twice" : null);
    if (problem) problems.push({ field: `headers.${given}`, problem });
    checked[name] = value;
  }
  if (Object.keys(headers).length > MAX_HEADERS) {
    problems.push({ field: "headers", problem: `must be ${MAX_HEADERS} at most` });
  }
  if (problems.length > 0) throw invalidFields(problems);
  return checked;
}

function problemOf(name: string, value: string, reserved: ReadonlySet<string>): string | null {
  if (!NAME.test(name)) return "is not a header's name";
  if (RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
    return "belongs to the connection and cannot be set";
  }
  if (reserved.has(name)) return "is a signature's, or set by the contract on every delivery";
  if (!VALUE.test(value)) return "must be at most 1000 characters of Latin-1 without line breaks";
  return null;
}

/** What the contract itself sends, and the signatures of all: a receiver of several must not take one for another. */
function reservedBy(contract: Contract, all: Iterable<Contract>): ReadonlySet<string> {
  const stamp = { eventId: "evt_0", eventType: "test", deliveryId: "del_0", timestamp: "0" };
  const signatures = [...all].flatMap(({ signing }) => Object.keys(signing.headers(stamp, ["0"])));
  return new Set([...Object.keys(contract.deliveryHeaders), ...signatures]);
}
