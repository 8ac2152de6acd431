import {
  type CanonicalEventType,
  type Contract,
  resolveSubscription,
  type SignatureEncoding,
  type TestResult,
} from "@ticketrail/contracts";
import { DAY_MS, type Endpoint, NO_RECORD } from "../domain/endpoint.ts";
import { invalidField, notFound, Refusal } from "../domain/error.ts";
import { openHeaders, sealHeaders } from "../domain/sealed-headers.ts";
import type {
  EndpointChanges,
  EndpointFilter,
  EndpointHealth,
  EndpointWithRecord,
  List,
} from "../store/driver.ts";
import { auditOf, type Call, sees } from "./call.ts";
import { CONFLICT_TRIES, type ServiceContext } from "./context.ts";
import { checkHeaders } from "./endpoint-headers.ts";
import type { Stores } from "./stores.ts";

/** The body of `POST /v1/endpoints`. */
export interface EndpointInput {
  readonly storeId: string;
  readonly contract: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly secret: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly encoding?: SignatureEncoding;
  /** Refuse a second endpoint with the same URL under the same contract. */
  readonly uniqueUrl: boolean;
}

export interface EndpointEdit {
  readonly url?: string;
  readonly events?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly encoding?: SignatureEncoding;
  readonly secret?: string;
  /** `active` also resumes an endpoint that the hub has disabled. */
  readonly state?: "active" | "paused";
}

/** Narrows what is seen to the endpoints of one contract: what a vendor's own API shows. */
export type Within = string | null;

/** contracts: "Only `standard` sends both during an overlap (24 h by default)". */
const OVERLAP_MS = DAY_MS;
/** The newest, and those that overlap with it: a header must not grow with every rotation. */
const MAX_SECRETS = 4;

export class Endpoints {
  readonly #context: ServiceContext;
  readonly #stores: Stores;

  constructor(context: ServiceContext, stores: Stores) {
    this.#context = context;
    this.#stores = stores;
  }

  async create(
    call: Call,
    input: EndpointInput,
  ): Promise<{ readonly endpoint: EndpointWithRecord; readonly secret: string }> {
    const { driver, vault, clock, engine } = this.#context;
    const store = await this.#stores.get(call, input.storeId);
    const contract = this.#contract(input.contract);
    const id = call.newId("wh_");
    const secret = input.secret ?? contract.signing.newSecret(call.random.bytes(32));
    checkSecret(contract, secret);
    const now = clock.now();
    const endpoint: Endpoint = {
      id,
      tenantId: store.tenantId,
      storeId: store.id,
      contract: contract.name,
      url: this.#url(input.url),
      events: input.events,
      canonical: subscription(contract, input.events),
      secrets: [{ sealed: vault.seal(secret, id), expiresAt: null }],
      encoding: encodingOf(contract, input.encoding),
      headers: this.#headers(contract, id, input.headers ?? {}),
      state: "active",
      disabledReason: null,
      version: 1,
      createdAt: now,
    };
    const audit = auditOf(call, now, "endpoint.create", store.id, id);
    const made = await driver.createEndpoint(endpoint, input.uniqueUrl, audit);
    if (made === "taken") throw taken();
    engine.wake(store.id, id);
    return { endpoint: { endpoint: made, record: NO_RECORD }, secret };
  }

  async get(call: Call, id: string, within: Within = null): Promise<EndpointWithRecord> {
    const found = await this.#context.driver.getEndpoint(id);
    return this.#seen(call, found, within);
  }

  async getByUrl(call: Call, url: string, within: string): Promise<EndpointWithRecord> {
    const { rows } = await this.list(call, { contract: within, url, limit: 1, cursor: null });
    return this.#seen(call, rows[0] ?? null, within);
  }

  #seen(call: Call, found: EndpointWithRecord | null, within: Within): EndpointWithRecord {
    if (!found || !sees(call, found.endpoint.storeId)) throw notFound("endpoint");
    if (within !== null && found.endpoint.contract !== within) throw notFound("endpoint");
    return found;
  }

  /** As they were given. */
  headersOf(endpoint: Endpoint): Endpoint["headers"] {
    return openHeaders(this.#context.vault, endpoint);
  }

  list(
    call: Call,
    filter: EndpointFilter,
  ): Promise<List<EndpointWithRecord> & { readonly total: number | null }> {
    if (filter.storeId !== undefined && !sees(call, filter.storeId)) throw notFound("store");
    return this.#context.driver.listEndpoints({
      ...filter,
      ...(call.storeId === null ? {} : { storeId: call.storeId }),
    });
  }

  update(
    call: Call,
    found: EndpointWithRecord,
    edit: EndpointEdit,
    uniqueUrl: boolean,
  ): Promise<EndpointWithRecord> {
    const contract = this.#contract(found.endpoint.contract);
    const { secret } = edit;
    if (secret !== undefined) checkSecret(contract, secret);
    const fixed: EndpointChanges = {
      ...(edit.url === undefined ? {} : { url: this.#url(edit.url) }),
      ...(edit.events === undefined
        ? {}
        : { events: edit.events, canonical: subscription(contract, edit.events) }),
      ...(edit.headers === undefined
        ? {}
        : { headers: this.#headers(contract, found.endpoint.id, edit.headers) }),
      ...(edit.encoding === undefined ? {} : { encoding: encodingOf(contract, edit.encoding) }),
      ...(edit.state === undefined ? {} : { state: edit.state, disabledReason: null }),
    };
    return this.#change(call, found, "endpoint.update", uniqueUrl, (endpoint) => ({
      ...fixed,
      ...(secret === undefined ? {} : { secrets: this.#rotated(contract, endpoint, secret) }),
    }));
  }

  /** A new secret takes effect at once; where the contract signs with several, the old one counts for 24 h more. */
  async rotate(call: Call, id: string, given: string | null): Promise<string> {
    const found = await this.get(call, id);
    const contract = this.#contract(found.endpoint.contract);
    const secret = given ?? contract.signing.newSecret(call.random.bytes(32));
    checkSecret(contract, secret);
    await this.#change(call, found, "endpoint.rotate_secret", false, (endpoint) => ({
      secrets: this.#rotated(contract, endpoint, secret),
    }));
    return secret;
  }

  async delete(call: Call, { endpoint }: EndpointWithRecord): Promise<void> {
    const { driver, engine, clock } = this.#context;
    const audit = auditOf(call, clock.now(), "endpoint.delete", endpoint.storeId, endpoint.id);
    // A call that fails may have been carried out.
    const wake = () => engine.wake(endpoint.storeId, endpoint.id);
    if (!(await driver.deleteEndpoint(endpoint.id, audit).finally(wake))) throw notFound("endpoint");
  }

  async test(call: Call, { endpoint }: EndpointWithRecord, eventType: string | null): Promise<TestResult> {
    const contract = this.#contract(endpoint.contract);
    if (eventType !== null && !contract.events.some(({ name }) => name === eventType)) {
      const known = contract.events.map(({ name }) => name).join(", ");
      throw invalidField("eventType", `must be one of ${known}; not ${eventType}`);
    }
    const store = await this.#stores.get(call, endpoint.storeId);
    return this.#context.engine.test(endpoint.id, eventType, store);
  }

  /** Of the last 24 hours. */
  async health(
    call: Call,
    id: string,
  ): Promise<{ readonly endpoint: Endpoint; readonly health: EndpointHealth }> {
    const { endpoint } = await this.get(call, id);
    const health = await this.#context.driver.endpointHealth(id, this.#context.clock.now() - DAY_MS);
    if (health === null) throw notFound("endpoint");
    return { endpoint, health };
  }

  async #change(
    call: Call,
    found: EndpointWithRecord,
    action: string,
    uniqueUrl: boolean,
    changesOf: (endpoint: Endpoint) => EndpointChanges,
  ): Promise<EndpointWithRecord> {
    const { driver, engine, clock } = this.#context;
    const { id, storeId } = found.endpoint;
    let current = found;
    // A call that fails may have been carried out.
    const wake = () => engine.wake(storeId, id);
    for (let tries = 0; tries < CONFLICT_TRIES; tries++) {
      const { endpoint } = current;
      const audit = auditOf(call, clock.now(), action, storeId, id);
      const result = await driver
        .updateEndpoint(id, endpoint.version, changesOf(endpoint), uniqueUrl, audit)
        .finally(wake);
      if (result === null) throw notFound("endpoint");
      if (result === "taken") throw taken();
      if (result !== "conflict") return { endpoint: result, record: current.record };
      const again = await driver.getEndpoint(id);
      if (again === null) throw notFound("endpoint");
      current = again;
    }
    throw new Refusal("conflict", "The endpoint is being changed by somebody else. Send the change again.");
  }

  #rotated(contract: Contract, endpoint: Endpoint, secret: string): Endpoint["secrets"] {
    const { vault, clock } = this.#context;
    const [newest, ...older] = endpoint.secrets;
    if (newest && this.#opens(newest.sealed, endpoint.id) === secret) return endpoint.secrets;
    const next = { sealed: vault.seal(secret, endpoint.id), expiresAt: null };
    if (!contract.signing.overlap || !newest) return [next];
    const now = clock.now();
    const overlapping = [{ sealed: newest.sealed, expiresAt: now + OVERLAP_MS }, ...older];
    const live = overlapping.filter(
      // Whoever goes back to a secret that still overlaps would sign with it twice.
      ({ sealed, expiresAt }) =>
        expiresAt !== null && expiresAt > now && this.#opens(sealed, endpoint.id) !== secret,
    );
    return [next, ...live].slice(0, MAX_SECRETS);
  }

  /** A secret that will not open any more must not keep its owner from setting a new one. */
  #opens(sealed: string, id: string): string | null {
    try {
      return this.#context.vault.open(sealed, id);
    } catch {
      return null;
    }
  }

  #contract(name: string): Contract {
    const contract = this.#context.contracts.get(name);
    if (contract) return contract;
    throw invalidField("contract", `must be one of: ${[...this.#context.contracts.keys()].join(", ")}`);
  }

  #headers(contract: Contract, id: string, given: Endpoint["headers"]): Endpoint["headers"] {
    const { contracts, vault } = this.#context;
    return sealHeaders(vault, id, checkHeaders(contract, contracts.values(), given));
  }

  #url(url: string): string {
    const checked = this.#context.checkUrl(url);
    if (typeof checked === "string") throw invalidField("url", checked);
    // As it was given: a contract's own calls name an endpoint by its URL, to the letter.
    return url;
  }
}

const taken = (): Refusal =>
  new Refusal("already_exists", "There is an endpoint with this url already.", {
    fields: [{ field: "url", problem: "is registered already" }],
  });

function checkSecret(contract: Contract, secret: string): void {
  const problem = contract.signing.checkSecret(secret);
  if (problem !== null) throw invalidField("secret", problem);
}

function encodingOf(contract: Contract, asked: SignatureEncoding | undefined): SignatureEncoding {
  const { encodings } = contract.signing;
  if (asked !== undefined && !encodings.includes(asked)) {
    throw invalidField("encoding", `must be one of: ${encodings.join(", ")}`);
  }
  return asked ?? encodings[0] ?? "hex";
}

function subscription(contract: Contract, patterns: readonly string[]): readonly CanonicalEventType[] {
  const known = [...contract.events.map(({ name }) => name), "order.*", "*"].join(", ");
  const resolved = resolveSubscription(contract, patterns);
  if (resolved.ok) return resolved.canonical;
  const problem =
    resolved.unknown.length === 0
      ? `must name at least one of: ${known}`
      : `must be among ${known}; unknown: ${resolved.unknown.join(", ")}`;
  throw invalidField("events", problem);
}
