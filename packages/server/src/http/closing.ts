import type { IncomingMessage, ServerResponse } from "node:http";

/** What is read and dropped at most of a body that was refused for its size. */
const DROPPED_BYTES = 16_777_216;

/**
 * Ends an answer that was written before its request's body had come whole, and with it the connection. Closed at
 * once, a connection is reset under a client that is still sending, and the answer is lost: so the rest of the body
 * is read first, up to a limit, and dropped.
 */
export function endAfterBody(request: IncomingMessage, response: ServerResponse): void {
  let droppedBytes = 0;
  const end = () => void response.end();
  request.on("data", (chunk: Uint8Array) => {
    droppedBytes += chunk.length;
    if (droppedBytes > DROPPED_BYTES) end();
  });
  request.once("end", end);
  request.once("close", end);
}
