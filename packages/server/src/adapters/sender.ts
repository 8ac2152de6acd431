import type { Dispatcher } from "undici";
import type { AttemptError } from "../domain/delivery.ts";
import type { SendOutcome, SendRequest, Transport } from "../engine/sender.ts";
import { type AddressPolicy, checkUrl } from "./address-guard.ts";
import { classifyError, classifyStatus, parseRetryAfter, rawHeader } from "./attempt-outcome.ts";
import { type Deadlines, deadlines } from "./deadlines.ts";
import { guardedConnector, type Lookup } from "./guarded-connector.ts";
import { type Origin, originPools } from "./sender-pools.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BODY_BYTES = 16_384;
const DEFAULT_MAX_ORIGINS = 2_000;
const MAX_CACHED_TARGETS = 10_000;

export interface SenderOptions {
  readonly policy: AddressPolicy;
  readonly connectionsPerOrigin: number;
  /** For a whole attempt: waiting for a connection, connecting, headers and body. */
  readonly timeoutMs?: number;
  /** Of a response: what comes after is not read, and the connection is given up. */
  readonly maxBodyBytes?: number;
  readonly maxOrigins?: number;
  readonly lookup?: Lookup;
  /** A root certificate trusted besides the usual ones, PEM. */
  readonly ca?: string;
}

interface Target {
  readonly origin: string;
  readonly path: string;
}

/** Makes requests over HTTP/1.1 with undici. */
export function createSender(options: SenderOptions): Transport {
  const { policy, connectionsPerOrigin, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES, maxOrigins = DEFAULT_MAX_ORIGINS } = options;
  const connect = guardedConnector({
    policy,
    timeoutMs,
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  const pools = originPools({ connect, connectionsPerOrigin, maxOrigins });
  const underWay = deadlines<Attempt>(timeoutMs, (attempt) => attempt.expire());
  const targetOf = cachedTargets(policy);
  let closed = false;

  const send = ({ url, headers, body }: SendRequest): Promise<SendOutcome> => {
    if (closed) return Promise.resolve(failed("connection_reset"));
    const target = targetOf(url);
    if (target === null) return Promise.resolve(failed("address_refused"));
    // It would also replace the name that the certificate is checked against.
    if (headers.host !== undefined) return Promise.resolve(failed("protocol_error"));
    const origin = pools.use(target.origin);
    return new Promise((resolve) => {
      const attempt = new Attempt(origin, underWay, maxBodyBytes, resolve);
      origin.dispatcher.dispatch({ method: "POST", path: target.path, headers, body }, attempt);
    });
  };

  return {
    send,
    async close() {
      closed = true;
      await underWay.drained();
      await pools.close();
    },
  };
}

const failed = (error: AttemptError): SendOutcome => ({
  statusCode: null,
  error,
  durationMs: 0,
  retryAfterMs: null,
});

/** Parsing and checking an address costs as much as a tenth of the request, and the same few come again and again. */
function cachedTargets(policy: AddressPolicy): (url: string) => Target | null {
  const cache = new Map<string, Target | null>();
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const url = checkUrl(text, policy);
    const target = typeof url === "string" ? null : { origin: url.origin, path: url.pathname + url.search };
    if (cache.size >= MAX_CACHED_TARGETS) cache.clear();
    cache.set(text, target);
    return target;
  };
}

/**
 * One request on its way, as undici's handler. It implements the older of undici 7's two handler interfaces: the newer
 * one is wrapped in the older, and parses every response's headers.
 */
class Attempt implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now();
  readonly #origin: Origin;
  readonly #underWay: Deadlines<Attempt>;
  readonly #resolve: (outcome: SendOutcome) => void;
  #bodyBytesLeft: number;
  #abort: ((error?: Error) => void) | null = null;
  #statusCode: number | null = null;
  #retryAfterMs: number | null = null;
  #settled = false;
  readonly #place: number;

  constructor(
    origin: Origin,
    underWay: Deadlines<Attempt>,
    maxBodyBytes: number,
    resolve: (outcome: SendOutcome) => void,
  ) {
    this.#origin = origin;
    this.#underWay = underWay;
    this.#bodyBytesLeft = maxBodyBytes;
    this.#resolve = resolve;
    origin.inFlight++;
    this.#place = underWay.add(this, this.#startedAt);
  }

  /** The time is up, wherever the attempt stands. A status that came in time still decides. */
  expire(): void {
    this.#settle("timeout");
    this.#abort?.();
  }

  onConnect(abort: (error?: Error) => void): void {
    // It waited for a connection until its time was up. Thrown, this spares the connection; `abort` would end it.
    if (this.#settled) throw new Error("The attempt is over.");
    this.#abort = abort;
  }

  onHeaders(statusCode: number, headers: Buffer[]): boolean {
    if (statusCode < 200) return true;
    this.#statusCode = statusCode;
    if (statusCode === 429 || statusCode === 503) {
      const retryAfter = rawHeader(headers, "retry-after");
      if (retryAfter !== null) this.#retryAfterMs = parseRetryAfter(retryAfter, Date.now());
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#bodyBytesLeft -= chunk.length;
    if (this.#bodyBytesLeft >= 0) return true;
    this.#settle("protocol_error");
    this.#abort?.();
    return false;
  }

  onComplete(): void {
    this.#settle("protocol_error");
  }

  onError(error: Error): void {
    this.#settle(this.#statusCode === null ? classifyError(error) : "protocol_error");
  }

  /** `withoutStatus` is what to say where no status came: a status decides alone, whatever became of the body. */
  #settle(withoutStatus: AttemptError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#underWay.remove(this.#place);
    this.#origin.inFlight--;
    const statusCode = this.#statusCode;
    this.#resolve({
      statusCode,
      error: statusCode === null ? withoutStatus : classifyStatus(statusCode),
      durationMs: Math.round(performance.now() - this.#startedAt),
      retryAfterMs: this.#retryAfterMs,
    });
  }
}
