import type { IncomingHttpHeaders } from "node:http";

/** A webhook as it came off the wire: the raw bytes, never a parsed and re-encoded body. */
export interface WebhookRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a handler needs to know of a verified webhook. */
export interface Notice {
  /** In the contract's own words. */
  readonly type: string;
  /** Signed, or made from signed bytes: the same on every attempt, and on no other event. */
  readonly dedupeKey: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One contract as its integrator sees it: nothing but the published document and `node:crypto`. */
export interface Integration {
  readonly contract: string;
  /** Null where the request is genuine, else why it is not. Never throws. `now` is epoch milliseconds. */
  verify(request: WebhookRequest, secret: string, now: number): string | null;
  /** Of a verified request. Throws where the body is not what the document says. */
  read(request: WebhookRequest): Notice;
}
