import { readChunks } from "./chunks.mjs";

/**
 * Splits a kept-alive HTTP/1.1 connection into messages, in either direction. It does no more than the bench needs, so
 * that measuring costs little beside what is measured; a response that only the connection's end would end throws.
 */
const HEADER_END = Buffer.from("\r\n\r\n");
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const RESPONSE = "HTTP/";
const NO_BODY = / (?:1\d\d|204|304) /;
const NOTHING = Buffer.alloc(0);

export class Messages {
  /** @param {(head: string, body: Buffer) => void} onMessage `head` without the empty line; `body` only until it returns */
  constructor(onMessage) {
    this.onMessage = onMessage;
    /** @type {Buffer | null} */
    this.rest = null;
  }

  /** @param {Buffer} chunk */
  push(chunk) {
    const data = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = null;
    let start = 0;
    while (start < data.length) {
      const end = this.#one(data, start);
      if (end < 0) break;
      start = end;
    }
    if (start < data.length) this.rest = data.subarray(start);
  }

  /** Where the message that begins at `start` ends; -1 when more must come. @param {Buffer} data @param {number} start */
  #one(data, start) {
    const headEnd = data.indexOf(HEADER_END, start);
    if (headEnd < 0) return -1;
    const head = data.toString("latin1", start, headEnd);
    const bodyStart = headEnd + HEADER_END.length;
    const length = LENGTH.exec(head);
    if (length === null) return this.#withoutLength(data, head, bodyStart);
    const end = bodyStart + Number(length[1]);
    if (end > data.length) return -1;
    this.onMessage(head, data.subarray(bodyStart, end));
    return end;
  }

  /** RFC 9112, section 6.3. @param {Buffer} data @param {string} head @param {number} bodyStart */
  #withoutLength(data, head, bodyStart) {
    if (CHUNKED.test(head)) {
      const chunked = readChunks(data, bodyStart);
      if (chunked === null) return -1;
      this.onMessage(head, chunked.body);
      return chunked.end;
    }
    const isBodiless = !head.startsWith(RESPONSE) || NO_BODY.test(head.slice(0, 16));
    if (!isBodiless) throw new Error(`neither Content-Length nor chunked: ${head}`);
    this.onMessage(head, NOTHING);
    return bodyStart;
  }
}

/** @param {string} head @param {string} name lower case. Null when it is not there. */
export function headerOf(head, name) {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const from = at + name.length + 3;
  const end = head.indexOf("\r\n", from);
  return head.slice(from, end < 0 ? undefined : end).trim();
}
