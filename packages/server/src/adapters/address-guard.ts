import { isIP } from "node:net";
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

export const isLocalhost = (host: string): boolean => /^(?:.+\.)?localhost\.?$/i.test(host);

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
