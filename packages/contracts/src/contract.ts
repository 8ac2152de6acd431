import type { CanonicalEvent, CanonicalEventType, Order, OrderStatus, StoreFacts } from "./canonical.ts";
import type { PublicError, RenderedResponse } from "./error.ts";

/** A JSON Schema (draft 2020-12), as a plain object. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * A published webhook contract, as data and pure functions. The engine never reads `name`:
 * whatever differs between two contracts is a field of this interface.
 */
export interface Contract {
  /** Also the first segment of its base URL: `/sela`, `/mipos`, … */
  readonly name: string;
  readonly title: string;
  /** What its API keys begin with: `sk_live_`. */
  readonly keyPrefix: string;
  /** What a key may do; a new key has all of them unless told otherwise. */
  readonly scopes: readonly Scope[];
  /** Whether a key of this contract comes with OAuth client credentials and a webhook secret (MiPOS). */
  readonly issuesClientCredentials: boolean;
  readonly events: readonly EventType[];
  readonly signing: SigningScheme;
  readonly retry: RetryPolicy;
  readonly limits: ContractLimits;
  /** Sent on every delivery beside the signature: `user-agent`, `content-type`. Lower-case names. */
  readonly deliveryHeaders: Readonly<Record<string, string>>;

  /**
   * The event as this contract's body, or null where its catalogue has no such event.
   * Made once and stored: the bytes are the same on every attempt.
   */
  encode(event: CanonicalEvent, store: StoreFacts): EncodedEvent | null;
  /** A sample for a test send. `type` is one of the catalogue's names, or null for the contract's own choice. */
  sample(type: string | null, event: SampleStamp, store: StoreFacts): EncodedEvent;
  renderError(error: PublicError, requestId: string): RenderedResponse;
  /** Of the bodies that `renderError` makes, for the reference. */
  readonly errorSchema: JsonSchema;
  /** Every documented call, under the contract's base URL. */
  readonly routes: readonly Route[];
}

export type Scope =
  | "orders:read"
  | "orders:write"
  | "webhooks:read"
  | "webhooks:write"
  | "events:write"
  | "stores:read";

/** One entry of a contract's event catalogue. */
export interface EventType {
  /** In the contract's own words. */
  readonly name: string;
  readonly description: string;
  /** The canonical events that are sent under this name. */
  readonly canonical: readonly CanonicalEventType[];
  /** Of the whole body. */
  readonly schema: JsonSchema;
  /** A whole body that the schema accepts. */
  readonly example: unknown;
}

export interface EncodedEvent {
  /** The contract's own name of the event. */
  readonly type: string;
  readonly body: string;
}

export interface SampleStamp {
  readonly id: string;
  readonly createdAt: string;
}

/** What one attempt is stamped with. */
export interface Stamp {
  /** The event's id. */
  readonly eventId: string;
  /** The contract's own name of the event. */
  readonly eventType: string;
  /** The delivery's id: the same on every attempt. */
  readonly deliveryId: string;
  /** Epoch, in the scheme's unit; made afresh for every attempt. */
  readonly timestamp: string;
}

/** HMAC-SHA256 throughout; what differs is data. */
export interface SigningScheme {
  readonly timestampUnit: "s" | "ms" | null;
  readonly encodings: readonly SignatureEncoding[];
  /** What stands before the body in the signed bytes: `{ts}.`, `{id}.{ts}.` or nothing. */
  prefix(stamp: { readonly eventId: string; readonly timestamp: string }): string;
  /** The HMAC key of a secret. Throws RangeError where the secret cannot be one (`checkSecret` says why first). */
  key(secret: string): Uint8Array;
  /** Null when the secret will do, else what is wrong with it, as a phrase that follows the field's name. */
  checkSecret(secret: string): string | null;
  /** A new secret from 24 or more random bytes. */
  newSecret(random: Uint8Array): string;
  /** Whether a request carries a signature of each secret during an overlap; else of the newest alone. */
  readonly overlap: boolean;
  /** The request's headers, lower-case names. `signatures` are encoded already, the newest secret's first. */
  headers(stamp: Stamp, signatures: readonly string[]): Record<string, string>;
  /** Total: hostile headers give null. `header` looks up a lower-case name. */
  read(header: (name: string) => string | null): ReadSignature | null;
}
export type SignatureEncoding = "hex" | "base64";

export interface ReadSignature {
  /** Digits as received; null where the contract has no timestamp. */
  readonly timestamp: string | null;
  /** Signed id, or empty. */
  readonly eventId: string;
  /** Candidates, encoded; a match of any one with any secret is a match. */
  readonly signatures: readonly string[];
}

export interface RetryPolicy {
  /** Delay after the n-th failed attempt, from its end; one more attempt than delays. */
  readonly delaysMs: readonly number[];
  /** What follows a response status; null is no response (timeout, reset, TLS, DNS). 2xx never comes here. */
  onFailure(status: number | null): FailureAction;
}
/** `retry` while delays are left; `fail` at once to the dead letter; `disable` besides pauses the endpoint. */
export type FailureAction = "retry" | "fail" | "disable";

export interface ContractLimits {
  readonly pageDefault: number;
  readonly pageMax: number;
  /** Take a larger page size as `pageMax` rather than refuse it. */
  readonly clampPage: boolean;
  /** Parse any body as JSON, whatever its Content-Type says. */
  readonly anyMediaType: boolean;
}

/* ── Routes ─────────────────────────────────────────────────────────────────────────────────────────────────── */

/** A request after authentication and validation against the route's schemas. */
export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: the route's own `body` schema has accepted it
  readonly body: any;
}

export interface RouteContext {
  readonly requestId: string;
  readonly now: number;
}

/**
 * One documented call. `operation` names what the hub does; `read` turns the request into that operation's input,
 * `write` its result into the documented answer. Both are pure.
 */
export type Route = { [Name in OperationName]: RouteOf<Name> }[OperationName];

export interface RouteOf<Name extends OperationName> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the base URL, with `:params`. */
  readonly path: string;
  readonly summary: string;
  /** Null: no key is asked for. */
  readonly scope: Scope | null;
  readonly operation: Name;
  readonly body?: JsonSchema;
  readonly query?: JsonSchema;
  /** Of the answer's body, by status, for the reference. */
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema?: JsonSchema }>
  >;
  /** Fields of the operation that the call has under other names, for refusals. */
  readonly fieldNames?: Readonly<Record<string, string>>;
  read(request: RouteRequest): Operations[Name]["input"];
  write(result: Operations[Name]["result"], context: RouteContext): RenderedResponse;
}

/** What a contract's API can ask of the hub. Everything is within the key's own store. */
export interface Operations {
  "endpoint.create": {
    input: {
      readonly url: string;
      readonly events: readonly string[];
      readonly secret: string | null;
      /** A second registration of the same URL adds events, or is refused with `already_exists` where it has them. */
      readonly uniqueUrl: boolean;
    };
    result: EndpointView;
  };
  "endpoint.list": {
    input: PageInput;
    result: Page<EndpointView>;
  };
  "endpoint.get": { input: EndpointRef; result: EndpointView };
  "endpoint.update": {
    input: EndpointRef & {
      readonly changes: {
        readonly url?: string;
        readonly events?: readonly string[];
        readonly secret?: string;
        readonly isActive?: boolean;
      };
      readonly uniqueUrl: boolean;
    };
    result: EndpointView;
  };
  "endpoint.delete": { input: EndpointRef; result: null };
  "endpoint.test": {
    input: EndpointRef & { readonly eventType: string | null };
    result: TestResult;
  };
  /** One row per attempt, newest first. */
  "attempt.list": { input: EndpointRef & PageInput; result: Page<AttemptView> };
  /** One row per delivery that has been tried, newest first. */
  "delivery.list": { input: EndpointRef & PageInput; result: Page<DeliveryView> };
  "order.act": {
    input: {
      /** Named by the caller: must be the key's own store (its id or its external id), else `not_found`. */
      readonly storeId: string | null;
      /** By our id, or by the source's (`deliveryId` "0" and our own id: an order without a platform's number). */
      readonly order: { readonly id: string } | { readonly deliveryId: string; readonly externalId: string };
      readonly to: OrderStatus;
      /** States in which the action has happened already: the order comes back unchanged. */
      readonly settled: readonly OrderStatus[];
      readonly posRef: string | null;
      readonly reason: string | null;
    };
    result: Order;
  };
  "order.list": {
    input: PageInput & {
      /** Named by the caller: must be the key's own store (its id or its external id), else `not_found`. */
      readonly storeId: string | null;
      /** None: all. */
      readonly statuses: readonly OrderStatus[];
      /** Only orders created in the last so many ms; null: all. */
      readonly withinMs: number | null;
    };
    result: Page<Order> & { readonly store: StoreFacts };
  };
  "token.refresh": {
    input: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string };
    result: { readonly token: string; readonly expiresAt: number };
  };
  health: { input: null; result: { readonly ok: true } };
}
export type OperationName = keyof Operations;

export type EndpointRef = { readonly endpoint: { readonly id: string } | { readonly url: string } };

/** By number (1 is the first) or by opaque cursor. */
export interface PageInput {
  readonly page: number | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
  /** Counted where the page was asked for by number, else null. */
  readonly total: number | null;
  readonly limit: number;
  readonly page: number | null;
}

export interface EndpointView {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly isActive: boolean;
  readonly createdAt: string;
  /** Last success. */
  readonly lastDeliveryAt: string | null;
  /** Consecutive failed attempts; 0 after a success. */
  readonly failureCount: number;
}

export interface AttemptView {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** `failed` until the next attempt falls due, then `retrying`; `dead_letter` on the last. */
  readonly status: "delivered" | "failed" | "retrying" | "dead_letter";
  readonly number: number;
  /** When the attempt ended. */
  readonly at: string;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly durationMs: number;
  readonly nextAttemptAt: string | null;
}

export interface DeliveryView {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: "success" | "failed";
  /** Of the last attempt. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly at: string;
  readonly deliveredAt: string | null;
  readonly nextAttemptAt: string | null;
}

export interface TestResult {
  readonly delivered: boolean;
  readonly eventId: string;
  readonly eventType: string;
  readonly deliveryId: string;
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly error: string | null;
}
