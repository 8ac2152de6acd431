/**
 * The path of a request whose host name stands for a contract, under that contract's prefix. A path that has the
 * prefix already is left alone, and so is every path of an unknown host.
 */
export function hostRewriter(
  hosts: ReadonlyMap<string, string>,
): (host: string | undefined, path: string) => string {
  if (hosts.size === 0) return (_, path) => path;
  return (host, path) => {
    const contract = hosts.get(nameOf(host));
    if (contract === undefined || !path.startsWith("/")) return path;
    const prefix = `/${contract}`;
    const has = path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}?`);
    return has ? path : prefix + path;
  };
}

/** Without the port. */
const nameOf = (host: string | undefined): string => (host ?? "").toLowerCase().replace(/:\d*$/, "");
