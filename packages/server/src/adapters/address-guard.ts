import { promises as dns, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { isIn, type Network, parseNetwork, reachesLoopback, specialKind } from "./network.ts";

const MAX_URL_CHARS = 2_048;
const MAX_HOST_CHARS = 253;
const PRODUCTION_PORTS: readonly string[] = ["", "443", "8443"];

/** What deliveries may reach. */
export interface AddressPolicy {
  /** Plain http, and then only to `allowNetworks`. */
  readonly allowHttp: boolean;
  /** Otherwise 443 and 8443. */
  readonly anyPort: boolean;
  /** Reachable although they are not public. */
  readonly allowNetworks: readonly Network[];
}

/** Throws where a network is not a CIDR range. */
export function addressPolicy(options: {
  readonly production: boolean;
  readonly allowNetworks: readonly string[];
}): AddressPolicy {
  const allowNetworks = options.allowNetworks.map((text) => {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`${text} is not a CIDR range`);
    return network;
  });
  return { allowHttp: !options.production, anyPort: !options.production, allowNetworks };
}

/**
 * The address of an endpoint, or a phrase that follows the field's name and says why it is refused.
 * A literal address is checked at once; a name is checked whenever it is connected to.
 */
export function checkUrl(text: string, policy: AddressPolicy): URL | string {
  if (text.length > MAX_URL_CHARS) return `must be at most ${MAX_URL_CHARS} characters long`;
  // The URL parser drops or rewrites these silently, so what is stored would differ from what is sent to.
  if (/[\s\p{Cc}\\]/u.test(text)) return "must not contain spaces, control characters or backslashes";
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return "must be an absolute https:// URL";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "must not carry a user name or password";
  if (url.hash !== "") return "must not carry a fragment (#…): it is never sent";
  // A certificate's name has no trailing dot, though it is the same host.
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  const host = hostOf(url);
  if (!isIP(host) && !isHostName(host)) return "must have a valid host name";
  if (url.port === "0") return "must not use port 0: nothing can be reached there";
  if (!policy.anyPort && !PRODUCTION_PORTS.includes(url.port)) return "must use port 443 or 8443";
  return refusedScheme(url.protocol, host, policy) ?? refusedHost(host, policy) ?? url;
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

const isHostName = (host: string): boolean =>
  host.length <= MAX_HOST_CHARS && host.split(".").every((label) => label.length > 0 && label.length <= 63);

const isLocalhost = (host: string): boolean => /^(?:.+\.)?localhost\.?$/i.test(host);

/** Names that never belong to the public internet: `localhost`, `receiver` in a container network, `*.internal`. */
const isLocalName = (host: string): boolean =>
  isLocalhost(host) || !host.includes(".") || host.endsWith(".internal");

function refusedScheme(protocol: string, host: string, policy: AddressPolicy): string | null {
  if (protocol === "https:") return null;
  if (!policy.allowHttp) return "must use https";
  const local = isIP(host) ? isIn(policy.allowNetworks, host) : isLocalName(host);
  return local
    ? null
    : "must use https: plain http reaches only this machine and the networks that are allowed";
}

function refusedHost(host: string, policy: AddressPolicy): string | null {
  if (isLocalhost(host))
    return reachesLoopback(policy.allowNetworks) ? null : "must not point to a loopback address";
  if (!isIP(host) || isIn(policy.allowNetworks, host)) return null;
  const kind = specialKind(host);
  return kind === null ? null : `must be publicly reachable: ${host} is ${kind}`;
}

/** A connection was not made, because the address behind the name is not one that deliveries may reach. */
export class AddressRefusedError extends Error {
  readonly code = "ADDRESS_REFUSED";
}

/** All addresses of a name. Rejects where there are none. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true });

/** RFC 6761, section 6.3: these names are never asked of a server. */
const LOOPBACK_ADDRESSES: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * undici's connector, which reaches only what the policy allows. The socket is given the very addresses that were
 * checked, so a name that resolves differently a moment later changes nothing; the name stays for TLS and `host`.
 */
export function guardedConnector(options: {
  readonly policy: AddressPolicy;
  readonly timeoutMs: number;
  readonly lookup?: Lookup;
  /** Trusted besides the usual roots, PEM. */
  readonly ca?: string;
}): buildConnector.connector {
  const { policy, timeoutMs, ca } = options;
  const lookup = shared(options.lookup ?? systemLookup);
  // Said outright, since an environment variable of Node's can turn it off otherwise.
  const base = {
    timeout: timeoutMs,
    allowH2: false,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
  };
  const https = buildConnector({ ...base, lookup: guardedLookup(lookup, policy, false) });
  const http = buildConnector({ ...base, lookup: guardedLookup(lookup, policy, true) });
  return (target, callback) => {
    const plain = target.protocol !== "https:";
    // A literal never gets to `lookup`.
    const refused = isIP(target.hostname) ? refusedAddress(target.hostname, policy, plain) : null;
    if (refused !== null) queueMicrotask(() => callback(new AddressRefusedError(refused), null));
    else (plain ? http : https)(target, callback);
  };
}

function refusedAddress(address: string, policy: AddressPolicy, plain: boolean): string | null {
  if (isIn(policy.allowNetworks, address)) return null;
  if (plain) return `${address} is not in a network that plain http may reach`;
  const kind = specialKind(address);
  return kind === null ? null : `${address} is ${kind}`;
}

/** One question at a time for each name: a slow name server must not take every thread that resolves names. */
function shared(lookup: Lookup): Lookup {
  const asked = new Map<string, Promise<readonly LookupAddress[]>>();
  return (hostname) => {
    const pending = asked.get(hostname);
    if (pending !== undefined) return pending;
    const answer = lookup(hostname).finally(() => asked.delete(hostname));
    asked.set(hostname, answer);
    return answer;
  };
}

function guardedLookup(lookup: Lookup, policy: AddressPolicy, plain: boolean): LookupFunction {
  const isRefused = ({ address }: LookupAddress) => refusedAddress(address, policy, plain) !== null;
  const resolve = async (hostname: string): Promise<readonly LookupAddress[]> => {
    if (isLocalhost(hostname)) {
      const allowed = LOOPBACK_ADDRESSES.filter((answer) => !isRefused(answer));
      if (allowed.length === 0) throw new AddressRefusedError(`${hostname} is a loopback address`);
      return allowed;
    }
    const answers = await lookup(hostname);
    // A mixture of good and bad answers is an attack or a mistake, and is refused as a whole.
    const bad = answers.find(isRefused);
    if (bad !== undefined)
      throw new AddressRefusedError(`${hostname} is ${bad.address}, which may not be reached`);
    return answers;
  };
  return (hostname, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0;
    resolve(hostname).then(
      (found) => {
        const usable = family === 0 ? found : found.filter((answer) => answer.family === family);
        const [first] = usable;
        if (first === undefined)
          callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "", 0);
        else if (options.all === true) callback(null, [...usable]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}
