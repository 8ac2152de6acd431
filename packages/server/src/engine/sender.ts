import type { KeyObject } from "node:crypto";
import type { SignatureEncoding } from "@ticketrail/contracts";
import type { AttemptError } from "../domain/delivery.ts";

export interface SigningKey {
  readonly key: KeyObject;
  /** Epoch ms; null: until it is replaced. */
  readonly expiresAt: number | null;
}

/** Where an endpoint's deliveries go and how they are signed, as of one version of the endpoint. Can be cloned to a thread. */
export interface Destination {
  readonly url: string;
  /** The contract's name. */
  readonly contract: string;
  readonly encoding: SignatureEncoding;
  /** The newest first; empty where no secret could be opened. */
  readonly keys: readonly SigningKey[];
  /** The same on every attempt. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What of a delivery goes over the wire. */
export interface Parcel {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
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

/** Makes one attempt, stamped and signed afresh. Never rejects: every failure is an outcome. */
export interface Sender {
  send(destination: Destination, parcel: Parcel): Promise<SendOutcome>;
  /** Ends kept-alive connections; requests under way are finished first. */
  close(): Promise<void>;
}

export interface SendRequest {
  readonly url: string;
  /** Lower-case names; signature and contract headers included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes one request that is already signed. Never rejects. */
export interface Transport {
  send(request: SendRequest): Promise<SendOutcome>;
  close(): Promise<void>;
}
