const WHOLE_URL = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * The path of a request whose host name stands for a contract, under that contract's prefix. A path that has the
 * prefix already is left alone, and so are the reference's pages, and every path of an unknown host. Of a whole URL, as a proxy is sent it, the
 * path and the host are taken: RFC 9112, section 3.2.2.
 */
export function hostRewriter(
  hosts: ReadonlyMap<string, string>,
): (host: string | undefined, target: string) => string {
  return (host, target) => {
    if (target.startsWith("/")) return underPrefix(hosts, host, target);
    const [, authority, rest = ""] = WHOLE_URL.exec(target) ?? [];
    if (authority === undefined) return target;
    return underPrefix(hosts, authority, rest.startsWith("/") ? rest : `/${rest}`);
  };
}

function underPrefix(hosts: ReadonlyMap<string, string>, host: string | undefined, path: string): string {
  const contract = hosts.size === 0 ? undefined : hosts.get(nameOf(host));
  if (contract === undefined) return path;
  const prefix = `/${contract}`;
  if (path === "/docs") return `/docs${prefix}`;
  if (path === "/" || path.startsWith("/docs/")) return path;
  const has = path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}?`);
  return has ? path : prefix + path;
}

/** Without the port. */
const nameOf = (host: string | undefined): string => (host ?? "").toLowerCase().replace(/:\d*$/, "");
