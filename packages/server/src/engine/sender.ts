import type { AttemptError } from "../domain/delivery.ts";

export interface SendRequest {
  readonly url: string;
  /** Lower-case names; signature and contract headers included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SendOutcome {
  /** Null: no response. */
  readonly statusCode: number | null;
  /** Null on a 2xx, else the class of failure. */
  readonly error: AttemptError | null;
  readonly durationMs: number;
  /** Of a 429 or 503: how long it asks to be left alone, from now; at most 24 h. */
  readonly retryAfterMs: number | null;
}

/** Makes one request. Never rejects: every failure is an outcome. */
export interface Sender {
  send(request: SendRequest): Promise<SendOutcome>;
  /** Ends kept-alive connections; requests under way are finished first. */
  close(): Promise<void>;
}
