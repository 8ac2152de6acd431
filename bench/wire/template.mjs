/** A request whose sequence number is written into fixed places, so that making one is a copy and a few digits. */
export const SEQUENCE = "{sequence}";
const DIGITS = 9;
const MARK = 0x7e;
/** The number of an event that only asks whether its way is open. */
export const PROBE = 999_999_999;

/** The number in a body, so that a receiver finds it in any contract's payload: `~000000042~`. */
export const MARKER = `~${SEQUENCE}~`;

/**
 * @typedef {{method: string, path: string, headers: Record<string, string>, body: string}} RequestShape
 *   `{sequence}` may stand in the body any number of times.
 */

/** @param {string} host @param {RequestShape} shape @returns {(sequence: number) => Buffer} */
export function compile(host, shape) {
  const body = shape.body.replaceAll(SEQUENCE, "0".repeat(DIGITS));
  const headers = { host, ...shape.headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${shape.method} ${shape.path} HTTP/1.1\r\n${lines.join("")}\r\n`;
  const whole = Buffer.from(head + body);
  const places = placesOf(Buffer.byteLength(head), shape.body);
  return (sequence) => {
    const request = Buffer.allocUnsafe(whole.length);
    whole.copy(request);
    const digits = String(sequence).padStart(DIGITS, "0");
    for (const place of places) request.write(digits, place, DIGITS, "latin1");
    return request;
  };
}

/** @param {number} offset @param {string} body */
function placesOf(offset, body) {
  const parts = body.split(SEQUENCE);
  const places = [];
  let at = offset;
  for (const part of parts.slice(0, -1)) {
    at += Buffer.byteLength(part);
    places.push(at);
    at += DIGITS;
  }
  return places;
}

/** The first marked number of a body; -1 when there is none. @param {Buffer} body */
export function sequenceOf(body) {
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) {
    if (body[at + DIGITS + 1] !== MARK) continue;
    let sequence = 0;
    for (let i = at + 1; i <= at + DIGITS; i++) sequence = sequence * 10 + body[i] - 0x30;
    return sequence;
  }
  return -1;
}
