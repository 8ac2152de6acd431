import { describe, expect, it } from "vitest";
import { addressPolicy, checkUrl } from "./address-guard.ts";

const production = addressPolicy({ production: true, allowNetworks: [] });
const development = addressPolicy({ production: false, allowNetworks: ["127.0.0.0/8", "::1/128"] });

const refusal = (text: string, policy = production): string => {
  const result = checkUrl(text, policy);
  return typeof result === "string" ? result : "";
};
const accepted = (text: string, policy = production): string => {
  const result = checkUrl(text, policy);
  return typeof result === "string" ? `refused: ${result}` : result.href;
};

const FORBIDDEN_HOSTS = [
  ["loopback", "127.0.0.1"],
  ["loopback as one decimal number", "2130706433"],
  ["loopback in hexadecimal", "0x7f000001"],
  ["loopback in octal", "0177.0.0.1"],
  ["loopback in short form", "127.1"],
  ["loopback with a trailing dot", "127.0.0.1."],
  ["loopback in full-width digits", "１２７.0.0.1"],
  ["loopback percent-encoded", "%31%32%37.0.0.1"],
  ["the unspecified address", "0.0.0.0"],
  ["zero", "0"],
  ["a private address", "10.1.2.3"],
  ["a private address", "172.16.0.1"],
  ["a private address", "172.31.255.255"],
  ["a private address", "192.168.1.1"],
  ["a carrier's shared address", "100.64.0.1"],
  ["Alibaba's metadata", "100.100.100.200"],
  ["link-local metadata", "169.254.169.254"],
  ["Azure's public metadata", "168.63.129.16"],
  ["Oracle's metadata", "192.0.0.192"],
  ["documentation", "192.0.2.1"],
  ["documentation", "198.51.100.1"],
  ["documentation", "203.0.113.9"],
  ["benchmarking", "198.19.0.1"],
  ["6to4's relay", "192.88.99.1"],
  ["multicast", "224.0.0.1"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["IPv6 loopback", "[::1]"],
  ["IPv6 unspecified", "[::]"],
  ["IPv4-mapped loopback", "[::ffff:127.0.0.1]"],
  ["IPv4-mapped loopback in hexadecimal", "[::ffff:7f00:1]"],
  ["an IPv4-mapped public address", "[::ffff:8.8.8.8]"],
  ["IPv4-compatible loopback", "[::127.0.0.1]"],
  ["NAT64", "[64:ff9b::7f00:1]"],
  ["local NAT64", "[64:ff9b:1::a00:1]"],
  ["6to4", "[2002:7f00:1::]"],
  ["Teredo", "[2001:0:53aa:64c:0:1234:80ff:fffe]"],
  ["ORCHID", "[2001:20::1]"],
  ["IPv6 documentation", "[2001:db8::1]"],
  ["IPv6 documentation", "[3fff:0:1::1]"],
  ["segment routing", "[5f00::1]"],
  ["the old 6bone", "[3ffe::1]"],
  ["unique local", "[fd00:ec2::254]"],
  ["IPv6 link-local", "[fe80::1]"],
  ["site-local", "[fec0::1]"],
  ["IPv6 multicast", "[ff02::1]"],
  ["discard-only", "[100::1]"],
  ["beyond 2000::/3", "[4000::1]"],
  ["localhost", "localhost"],
  ["localhost in capitals", "LOCALHOST"],
  ["localhost with a trailing dot", "localhost."],
  ["a name under localhost", "db.localhost"],
] as const;

describe("an endpoint's address", () => {
  it.each(FORBIDDEN_HOSTS)("is refused where it points to %s: %s", (_what, host) => {
    expect(refusal(`https://${host}/hook`)).toMatch(/^must /);
  });

  it.each([
    "https://93.184.216.34/",
    "https://8.8.8.8:8443/hook",
    "https://172.32.0.1/",
    "https://100.128.0.1/",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    "https://[2a00:1450:4001::200e]/",
    "https://[2001:200::1]/",
  ])("is accepted where it is public: %s", (text) => {
    expect(accepted(text)).toBe(text);
  });

  it.each([
    ["https://does-not-resolve-yet.example/hook?a=1", "https://does-not-resolve-yet.example/hook?a=1"],
    ["https://EXAMPLE.com:443/Hook", "https://example.com/Hook"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://example.com./hook", "https://example.com/hook"],
    ["HTTPS://example.com/", "https://example.com/"],
  ])("is accepted with a name, which is checked at every connection: %s", (text, href) => {
    expect(accepted(text)).toBe(href);
  });

  it.each([
    ["http://example.com/", "must use https"],
    ["ftp://example.com/", "must be an absolute https:// URL"],
    ["javascript:alert(1)", "must be an absolute https:// URL"],
    ["example.com/hook", "must be an absolute https:// URL"],
    ["https:example.com", "must be an absolute https:// URL"],
    ["https://", "must be an absolute https:// URL"],
    ["https://[fe80::1%25eth0]/", "must be an absolute https:// URL"],
    ["https://user@example.com/", "must not carry a user name or password"],
    ["https://:secret@example.com/", "must not carry a user name or password"],
    ["https://example.com/#part", "must not carry a fragment"],
    ["https://example.com:80/", "must use port 443 or 8443"],
    ["https://example.com:22/", "must use port 443 or 8443"],
    ["https://example.com:0/", "must not use port 0: nothing can be reached there"],
    [" https://example.com/", "must not contain spaces"],
    ["https://exam\tple.com/", "must not contain spaces"],
    ["https://example.com/\r\nhost: evil", "must not contain spaces"],
    ["https://example.com\\@evil.example/", "must not contain spaces, control characters or backslashes"],
    ["https://a..b/", "must have a valid host name"],
    [`https://${"a".repeat(64)}.example/`, "must have a valid host name"],
    [`https://example.com/${"a".repeat(2_100)}`, "must be at most 2048 characters long"],
  ])("is refused with the reason: %s", (text, reason) => {
    expect(refusal(text)).toContain(reason);
  });

  it.each([
    "http://127.0.0.1:3000/hook",
    "http://localhost:3000/hook",
    "http://kitchen.localhost/",
    "http://[::1]:3000/",
    "http://receiver:3000/",
    "https://localhost:3443/",
    "https://example.com:3443/",
  ])("may be local and plain http in development: %s", (text) => {
    expect(accepted(text, development)).toBe(text);
  });

  it.each(["http://example.com/", "http://8.8.8.8/", "http://10.0.0.1/", "https://10.0.0.1/"])(
    "may not be plain http to the internet, nor private, even in development: %s",
    (text) => {
      expect(refusal(text, development)).not.toBe("");
    },
  );

  it("may be in a network that the configuration allows, in production too, but never by plain http", () => {
    const policy = addressPolicy({ production: true, allowNetworks: ["10.0.0.0/8"] });
    expect(accepted("https://10.1.2.3/", policy)).toBe("https://10.1.2.3/");
    expect(refusal("https://192.168.1.1/", policy)).toContain("a private address");
    expect(refusal("http://10.1.2.3/", policy)).toBe("must use https");
  });
});

describe("a policy", () => {
  it("is not made of something that is no network", () => {
    expect(() => addressPolicy({ production: true, allowNetworks: ["10.0.0.0/33"] })).toThrow("10.0.0.0/33");
  });
});
