import { promises as dns, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { buildConnector as connectors } from "undici";
import { type AddressPolicy, isLocalhost } from "./address-guard.ts";
import { isIn, specialKind } from "./network.ts";
import { buildConnector } from "./undici.ts";

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
}): connectors.connector {
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
