import { describe, expect, it } from "vitest";
import { addressPolicy } from "./address-guard.ts";
import { AddressRefusedError, guardedConnector, type Lookup } from "./guarded-connector.ts";

const development = addressPolicy({ production: false, allowNetworks: ["127.0.0.0/8", "::1/128"] });

describe("a connection", () => {
  const connectTo = (hostname: string, protocol: string, lookup: Lookup): Promise<Error | null> => {
    const connect = guardedConnector({ policy: development, timeoutMs: 1_000, lookup });
    return new Promise((resolve) => {
      connect({ hostname, host: hostname, protocol, port: "1" }, (...[error]) => resolve(error));
    });
  };
  const never: Lookup = () => Promise.reject(new Error("A literal is never looked up."));

  it.each([
    ["https:", "10.0.0.1"],
    ["https:", "169.254.169.254"],
    ["https:", "fd00:ec2::254"],
    ["https:", "::ffff:127.0.0.1"],
    ["http:", "93.184.216.34"],
  ])(
    "over %s to the literal address %s is not made, although it is never looked up",
    async (protocol, address) => {
      expect(await connectTo(address, protocol, never)).toBeInstanceOf(AddressRefusedError);
    },
  );

  it("asks for a name once, however many are made at the same time", async () => {
    let asked = 0;
    const lookup: Lookup = async () => {
      asked++;
      return [{ address: "10.0.0.1", family: 4 }];
    };
    const connect = guardedConnector({ policy: development, timeoutMs: 1_000, lookup });
    const target = { hostname: "hub.test", host: "hub.test", protocol: "https:", port: "443" };
    const errors = await Promise.all(
      [1, 2, 3].map(() => new Promise((resolve) => connect(target, (...[error]) => resolve(error)))),
    );
    expect(errors.every((error) => error instanceof AddressRefusedError)).toBe(true);
    expect(asked).toBe(1);
  });
});
