import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { headerOf, Messages } from "./messages.mjs";

/**
 * Kept-alive connections to one address, one request at a time on each. A broken connection is opened again, and its
 * request is reported as status 0.
 */
export class Connections {
  /**
   * @param {{host: string, port: number, tls?: import("node:tls").ConnectionOptions | null, size: number,
   *   onAnswer: (token: any, status: number, retryAfterMs: number) => void, onIdle: () => void}} options
   */
  constructor(options) {
    this.options = options;
    /** @type {Line[]} */
    this.idle = [];
    this.closed = false;
    for (let i = 0; i < options.size; i++) new Line(this);
  }

  /** False when every connection is busy. @param {Buffer} request @param {any} token */
  send(request, token) {
    const line = this.idle.pop();
    if (line === undefined) return false;
    line.send(request, token);
    return true;
  }

  close() {
    this.closed = true;
    for (const line of this.idle) line.socket.destroy();
  }
}

const REOPEN_MS = 20;

class Line {
  /** @param {Connections} all */
  constructor(all) {
    this.all = all;
    /** @type {any} */
    this.token = null;
    this.socket = this.open();
  }

  open() {
    const { host, port, tls = null } = this.all.options;
    const messages = new Messages((head) => this.#answered(head));
    const socket =
      tls === null
        ? connect({ host, port, noDelay: true })
        : connectTls({ host, port, servername: isIP(host) ? "" : host, ...tls }).setNoDelay(true);
    socket.on("data", (chunk) => messages.push(chunk));
    socket.on("error", () => {});
    socket.on(tls === null ? "connect" : "secureConnect", () => this.#free());
    socket.on("close", () => this.#lost());
    return socket;
  }

  /** @param {Buffer} request @param {any} token */
  send(request, token) {
    this.token = token;
    this.socket.write(request);
  }

  /** @param {string} head */
  #answered(head) {
    const token = this.token;
    // A server says 408 before it closes a connection on which nothing came for long: no answer to any request.
    if (token === null) return void this.socket.destroy();
    this.token = null;
    const status = Number(head.slice(9, 12));
    const retryAfterMs =
      status === 503 || status === 429 ? Number(headerOf(head, "retry-after") ?? 0) * 1000 : 0;
    this.all.options.onAnswer(token, status, retryAfterMs);
    this.#free();
  }

  #free() {
    if (this.all.closed) return this.socket.destroy();
    this.all.idle.push(this);
    this.all.options.onIdle();
  }

  #lost() {
    const { idle, options, closed } = this.all;
    const at = idle.indexOf(this);
    if (at >= 0) idle.splice(at, 1);
    const token = this.token;
    this.token = null;
    if (token !== null) options.onAnswer(token, 0, 0);
    if (!closed) setTimeout(() => this.#reopen(), REOPEN_MS);
  }
  #reopen() {
    this.socket = this.open();
  }
}
