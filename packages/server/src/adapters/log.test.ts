import { existsSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createLogger, output } from "./log.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void): {
  text: string;
  lines: unknown[];
} {
  const written: string[] = [];
  write(createLogger({ level: "info" }, { write: (line) => written.push(line) }));
  return { text: written.join(""), lines: written.map((line) => JSON.parse(line)) };
}

const SECRETS = {
  authorization: "s3cret",
  headers: { "x-api-key": "s3cret" },
  secret: "s3cret",
  webhookSecret: "s3cret",
  client_secret: "s3cret",
  adminKey: "s3cret",
  key: "s3cret",
  accessToken: "s3cret",
  password: "s3cret",
  "webhook-signature": "s3cret",
  "set-cookie": "s3cret",
  cookies: ["s3cret"],
  body: "s3cret",
  payload: { a: "s3cret" },
  customer: { name: "s3cret" },
  email: "s3cret",
  phone: "s3cret",
  address: "s3cret",
  url: "https://hooks.example/s3cret?token=s3cret",
  bytes: Buffer.from("s3cret"),
};

describe("a log line", () => {
  it("is JSON with the level's name, the time and the message", () => {
    const { lines } = logged((logger) => logger.info({ endpointId: "wh_1", attempts: 3 }, "dead letter"));
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        endpointId: "wh_1",
        attempts: 3,
        msg: "dead letter",
      },
    ]);
  });

  it("below the level is not written", () => {
    expect(logged((logger) => logger.debug("x")).lines).toEqual([]);
  });

  it.each(Object.entries(SECRETS))("never carries %s, at any depth", (name, value) => {
    const { text } = logged((logger) => {
      logger.info({ [name]: value });
      logger.info({ a: { b: [{ [name]: value }] } });
      logger.child({ [name]: value }).info("x");
      logger
        .child({ id: 1 })
        .child({ a: { [name]: value } })
        .info("x");
    });
    expect(text.match(/\n/g)).toHaveLength(4);
    expect(text).not.toContain("s3cret");
  });

  it("shows of an address its origin, and of a request its method and path", () => {
    const { lines } = logged((logger) => {
      logger.info({ url: "https://hooks.example:8443/t/1?x=1" });
      const socket = { self: {} };
      socket.self = socket;
      logger.info({
        req: { method: "GET", url: "/v1/orders?phone=1", ip: "192.0.2.1", socket },
        res: { statusCode: 200 },
      });
    });
    expect(lines).toMatchObject([
      { url: "https://hooks.example:8443" },
      { req: { method: "GET", url: "/v1/orders" }, res: { statusCode: 200 } },
    ]);
    expect(JSON.stringify(lines)).not.toContain("192.0.2.1");
  });

  it("names an error's type, code, message, place and cause", () => {
    const error = Object.assign(new Error("disk full", { cause: new Error("write failed") }), {
      code: "SQLITE_FULL",
    });
    const { lines } = logged((logger) => logger.error(error));
    expect(lines).toMatchObject([
      {
        err: { type: "Error", code: "SQLITE_FULL", message: "disk full", cause: { message: "write failed" } },
      },
    ]);
  });

  it("survives an object that contains itself", () => {
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    expect(logged((logger) => logger.info(loop, "x")).lines).toHaveLength(1);
  });
});

/** A device that is always full; Linux has it. */
const FULL = "/dev/full";

it.skipIf(!existsSync(FULL))("drops what it cannot write, because the disk is full, and fails nobody", () => {
  const log = createLogger({ level: "info" }, output(openSync(FULL, "w")));
  expect(() => {
    for (let i = 0; i < 3; i++) log.info("x".repeat(1_000));
  }).not.toThrow();
});
