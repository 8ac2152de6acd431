import { Pool } from "undici";
import { nowMicros, serve } from "./child.mjs";

/** The cheapest way Node has of sending a webhook: `Pool.dispatch`, unsigned, from memory, to the same receivers. */
let sent = 0;
let running = false;

/** @param {Pool} pool @param {Buffer} body */
function sendForEver(pool, body) {
  const request = {
    path: "/",
    method: /** @type {const} */ ("POST"),
    headers: { "content-type": "application/json", "user-agent": "bench", "x-signature": "0".repeat(64) },
    body,
  };
  const again = () => {
    if (running) pool.dispatch(request, handler);
  };
  const handler = {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData() {},
    onResponseEnd() {
      sent++;
      again();
    },
    /** @param {unknown} _controller @param {Error} error */
    onResponseError(_controller, error) {
      throw error;
    },
  };
  again();
}

serve({
  /** @param {{ports: number[], perPort: number, bytes: number}} input */
  start({ ports, perPort, bytes }) {
    running = true;
    const body = Buffer.alloc(bytes, "x");
    for (const port of ports) {
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: perPort, pipelining: 1 });
      for (let i = 0; i < perPort; i++) sendForEver(pool, body);
    }
  },
  counts: () => ({ sent, at: nowMicros() }),
});
