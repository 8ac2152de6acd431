import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A receiver for tests that writes whatever bytes it likes. */
export interface RawReceiver {
  readonly url: string;
  readonly port: number;
  /** All requests so far, head and body. */
  readonly requests: readonly string[];
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

export type Answer = (socket: Socket, requestNumber: number) => void;

/** Answers nothing; `arrived` is the connection of the first request. */
export function silent(): { readonly answer: Answer; readonly arrived: Promise<Socket> } {
  let arrive: (socket: Socket) => void = () => {};
  const arrived = new Promise<Socket>((resolve) => {
    arrive = resolve;
  });
  return { answer: (socket) => arrive(socket), arrived };
}

/** Resolves once the connection is closed, however it ended. */
export const closed = (socket: Socket | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (socket === undefined || socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });

export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** Calls `answer` once for each complete request. */
export async function rawReceiver(answer: Answer | string): Promise<RawReceiver> {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const reply: Answer = typeof answer === "string" ? (socket) => socket.write(answer) : answer;
  const server = createServer((socket) => {
    sockets.push(socket);
    let received = "";
    // A receiver in a test may be cut off at any time.
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      for (let end = endOfRequest(received); end > 0; end = endOfRequest(received)) {
        requests.push(received.slice(0, end));
        received = received.slice(end);
        reply(socket, requests.length);
      }
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** On a free port of the loopback address, which it returns. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function endOfRequest(text: string): number {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return -1;
  const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
  return text.length >= end ? end : -1;
}
