import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Refusal } from "../domain/error.ts";
import type { Api } from "./errors.ts";
import type { Answer } from "./idempotency.ts";

/** What Node hands over when it cannot make a request of what a client sent. */
export interface ClientError extends Error {
  readonly code?: unknown;
  /** Bytes, though Fastify's types say otherwise. */
  readonly rawPacket?: unknown;
}

/** As much of it as names the path: a space in it, a version that is none, or its own length may be what is wrong. */
const REQUEST_LINE = /^[A-Z]+ (\S+)(?: |$)/;
const HOST_LINE = /\r?\nhost:[ \t]*([^\r\n]*)/i;

/** The path that a broken request names, as far as it can be read; the host's contract counts too. */
export function pathOf(
  error: ClientError,
  rewrite: (host: string | undefined, path: string) => string,
): string {
  const { rawPacket } = error;
  const head =
    rawPacket instanceof Uint8Array ? Buffer.from(rawPacket.subarray(0, 16_384)).toString("latin1") : "";
  const path = REQUEST_LINE.exec(head)?.[1] ?? "/";
  return rewrite(HOST_LINE.exec(head)?.[1], path);
}

/** A refusal for what Node's parser could not read. */
export const malformedRequest = (): Refusal =>
  new Refusal(
    "invalid_request",
    "The request is not well-formed HTTP/1.1. Check its request line and headers.",
  );

/** Answers on the bare socket, and closes it: where the next request would begin is not known. */
export function answerSocket(socket: Socket, api: Api, answer: Answer, requestId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = answer.body ?? "";
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    ...answer.headers,
    ...(api.native ? { "x-request-id": requestId } : {}),
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n${lines.join("")}\r\n${body}`,
  );
}
