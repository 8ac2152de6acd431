import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * @typedef {import("node:net").Socket} Socket
 * @typedef {"pass" | "cut" | "hold"} Answers
 */

/** Stands between a driver and PostgreSQL, and fails as networks do. */
export class Link {
  /** @type {Answers} */
  #answers = "pass";
  /** @type {Set<{readonly client: Socket, readonly server: Socket, readonly held: Buffer[]}>} */
  #pairs = new Set();
  #target;
  #server;
  /** @type {(chunk: Buffer) => Buffer} What the server sends, as it comes out. */
  made = (chunk) => chunk;

  /** @param {number} target */
  constructor(target) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** What happens to what the server sends: it passes, is dropped with the connection, or is held back until it may pass. */
  get answers() {
    return this.#answers;
  }

  set answers(answers) {
    this.#answers = answers;
    if (answers !== "pass") return;
    for (const { client, held } of this.#pairs) for (const chunk of held.splice(0)) client.write(chunk);
  }

  /** Answers its port, on the loopback address. */
  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
  }

  /** @param {Socket} client */
  #join(client) {
    const server = connect(this.#target, "127.0.0.1");
    /** @type {{readonly client: Socket, readonly server: Socket, readonly held: Buffer[]}} */
    const pair = { client, server, held: [] };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.on("error", end);
      socket.on("close", end);
    }
    client.on("data", (chunk) => server.write(chunk));
    server.on("data", (chunk) => {
      if (this.#answers === "pass") client.write(this.made(chunk));
      else if (this.#answers === "hold") pair.held.push(chunk);
      else end();
    });
  }

  /** Every connection ends, and each that is made ends with the server's first word. */
  cut() {
    this.answers = "cut";
    this.#end();
  }

  #end() {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  async close() {
    this.#end();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
