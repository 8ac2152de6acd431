import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A CIDR range, parsed. */
export interface Network {
  readonly text: string;
  readonly base: Address;
  readonly prefixBits: number;
}

/** Null where `text` is not a CIDR range. A bare address is the range of that address alone. */
export function parseNetwork(text: string): Network | null {
  const [address = "", prefix, ...rest] = text.split("/");
  const base = parseAddress(address);
  if (base === null || rest.length > 0) return null;
  const widthBits = base.kind() === "ipv4" ? 32 : 128;
  if (prefix === undefined) return { text, base, prefixBits: widthBits };
  const prefixBits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return prefixBits <= widthBits ? { text, base, prefixBits } : null;
}

/** Only the usual notations: the short, octal and hexadecimal forms of IPv4 mean different things to different parsers. */
function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)
    ? ipaddr.IPv6.parse(text)
    : null;
}

const contains = ({ base, prefixBits }: Network, address: Address): boolean =>
  base.kind() === address.kind() && address.match(base, prefixBits);

function known(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new Error(`${text} is not a CIDR range`);
  return network;
}

/** IANA's registries of special-purpose addresses, and metadata services that sit on public addresses. */
const SPECIAL: readonly (readonly [network: Network, what: string])[] = (
  [
    ["0.0.0.0/8", "an unspecified address"],
    ["10.0.0.0/8", "a private address"],
    ["100.64.0.0/10", "a carrier's shared address"],
    ["127.0.0.0/8", "a loopback address"],
    ["169.254.0.0/16", "a link-local address"],
    ["172.16.0.0/12", "a private address"],
    ["192.0.0.0/24", "a reserved address"],
    ["192.0.2.0/24", "a documentation address"],
    ["192.31.196.0/24", "a reserved address"],
    ["192.52.193.0/24", "a reserved address"],
    ["192.88.99.0/24", "a reserved address"],
    ["192.168.0.0/16", "a private address"],
    ["192.175.48.0/24", "a reserved address"],
    ["198.18.0.0/15", "a benchmarking address"],
    ["198.51.100.0/24", "a documentation address"],
    ["203.0.113.0/24", "a documentation address"],
    ["224.0.0.0/4", "a multicast address"],
    ["240.0.0.0/4", "a reserved address"],
    ["168.63.129.16/32", "a cloud metadata address"],
    ["::/128", "an unspecified address"],
    ["::1/128", "a loopback address"],
    ["::ffff:0:0/96", "an IPv4 address written as IPv6"],
    ["64:ff9b::/96", "an IPv4 address behind NAT64"],
    ["64:ff9b:1::/48", "an IPv4 address behind NAT64"],
    ["fc00::/7", "a private address"],
    ["fe80::/10", "a link-local address"],
    ["ff00::/8", "a multicast address"],
    // Teredo, benchmarking, ORCHID and the other protocol assignments.
    ["2001::/23", "a reserved address"],
    ["2001:db8::/32", "a documentation address"],
    ["2002::/16", "an IPv4 address behind 6to4"],
    ["2620:4f:8000::/48", "a reserved address"],
    ["3ffe::/16", "a reserved address"],
    ["3fff::/20", "a documentation address"],
  ] as const
).map(([text, what]) => [known(text), what]);

const GLOBAL_UNICAST_IPV6 = known("2000::/3");
const LOOPBACK = ["127.0.0.1", "::1"].map(known);

export const reachesLoopback = (networks: readonly Network[]): boolean =>
  LOOPBACK.some(({ base }) => networks.some((network) => contains(network, base)));

export function isIn(networks: readonly Network[], addressText: string): boolean {
  const address = parseAddress(addressText);
  return address !== null && networks.some((network) => contains(network, address));
}

/** What kind of address it is, as a phrase; null where it is public unicast. */
export function specialKind(addressText: string): string | null {
  const address = parseAddress(addressText);
  if (address === null) return "not an address";
  const special = SPECIAL.find(([network]) => contains(network, address));
  if (special !== undefined) return special[1];
  return address.kind() === "ipv4" || contains(GLOBAL_UNICAST_IPV6, address) ? null : "a reserved address";
}
