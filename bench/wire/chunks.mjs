const CRLF = Buffer.from("\r\n");

/**
 * A chunked body (RFC 9112, section 7.1) that begins at `start`, and where it ends; null when more must come. Trailers
 * are passed over.
 * @param {Buffer} data @param {number} start @returns {{body: Buffer, end: number} | null}
 */
export function readChunks(data, start) {
  const parts = [];
  let at = start;
  for (;;) {
    const lineEnd = data.indexOf(CRLF, at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(data.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("a chunk without a size");
    const from = lineEnd + CRLF.length;
    if (size === 0) break;
    const to = from + size;
    if (to + CRLF.length > data.length) return null;
    parts.push(data.subarray(from, to));
    at = to + CRLF.length;
    if (at >= data.length) return null;
  }
  const end = afterTrailers(data, data.indexOf(CRLF, at) + CRLF.length);
  return end === null ? null : { body: Buffer.concat(parts), end };
}

/** @param {Buffer} data @param {number} start */
function afterTrailers(data, start) {
  let at = start;
  for (;;) {
    const lineEnd = data.indexOf(CRLF, at);
    if (lineEnd < 0) return null;
    if (lineEnd === at) return lineEnd + CRLF.length;
    at = lineEnd + CRLF.length;
  }
}
