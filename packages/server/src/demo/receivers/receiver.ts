import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Integration, Notice } from "./integration.ts";

/** How a receiver misbehaves once a request is verified. */
export interface Behaviour {
  readonly label: string;
  /** Before each answer. */
  readonly delayMs?: number;
  /** Says of each request whether to answer it with a 503. */
  readonly fails?: () => boolean;
}

export interface Tally {
  requests: number;
  verified: number;
  /** Verified and answered with a 2xx, each event once per account. */
  readonly taken: Set<string>;
  /** Answered with a 2xx again. */
  duplicates: number;
  failed: number;
  /** Connections hung up on while down. */
  refused: number;
  /** Why a request was not verified, the first few. */
  readonly complaints: string[];
}

type Handler = (account: string, notice: Notice) => void;
const BODY_LIMIT_BYTES = 1_048_576;

/** An integrator's server: one URL for each account, each with a secret of its own. */
export class Receiver {
  readonly tally: Tally = {
    requests: 0,
    verified: 0,
    taken: new Set(),
    duplicates: 0,
    failed: 0,
    refused: 0,
    complaints: [],
  };
  readonly #secrets = new Map<string, string>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #down = false;
  #handler: Handler = () => {};

  private constructor(
    readonly integration: Integration,
    readonly behaviour: Behaviour,
  ) {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on("connection", (socket) => this.#admit(socket));
  }

  static async start(integration: Integration, behaviour: Behaviour): Promise<Receiver> {
    const receiver = new Receiver(integration, behaviour);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once("error", reject);
      receiver.#server.listen(0, "127.0.0.1", resolve);
    });
    return receiver;
  }

  get contract(): string {
    return this.integration.contract;
  }

  get isDown(): boolean {
    return this.#down;
  }

  /** Where to send an account's webhooks. */
  url(account: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/webhooks/${this.contract}/${account}`;
  }

  trust(account: string, secret: string): void {
    this.#secrets.set(account, secret);
  }

  /** Called once for each event, after it was answered. */
  onEvent(handler: Handler): void {
    this.#handler = handler;
  }

  /** While down every connection is hung up on before it is heard; the port stays ours. */
  setDown(down: boolean): void {
    this.#down = down;
    if (down) for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #admit(socket: Socket): void {
    if (this.#down) {
      this.tally.refused++;
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const account = (request.url ?? "").split("/").pop() ?? "";
    const notice = this.#check(request, body, account);
    if (notice === null) {
      answer(response, 401, { error: "not verified" });
      return;
    }
    if (this.behaviour.delayMs !== undefined) await pause(this.behaviour.delayMs);
    if (this.behaviour.fails?.() === true) {
      this.tally.failed++;
      answer(response, 503, { error: "try again later" });
      return;
    }
    // It went down meanwhile: the sender will not hear of an answer, so nothing may count as taken.
    if (this.#down) response.destroy();
    else this.#take(account, notice, response);
  }

  /** The event is kept under its unique key first, then answered, and only then worked off. */
  #take(account: string, notice: Notice, response: ServerResponse): void {
    const key = `${account} ${notice.dedupeKey}`;
    const known = this.tally.taken.has(key);
    if (known) this.tally.duplicates++;
    this.tally.taken.add(key);
    answer(response, 200, { received: true });
    if (!known) this.#handler(account, notice);
  }

  #check(request: IncomingMessage, body: Buffer, account: string): Notice | null {
    this.tally.requests++;
    const webhook = { headers: request.headers, body };
    const secret = this.#secrets.get(account);
    const complaint =
      secret === undefined ? `no account ${account}` : this.integration.verify(webhook, secret, Date.now());
    if (complaint !== null) return this.#complain(complaint);
    try {
      const notice = this.integration.read(webhook);
      this.tally.verified++;
      return notice;
    } catch (error) {
      return this.#complain(String(error));
    }
  }

  #complain(complaint: string): null {
    if (this.tally.complaints.length < 5) this.tally.complaints.push(complaint);
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new Error("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
