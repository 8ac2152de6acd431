import { describe, expect, it } from "vitest";
import { parseOptions, SCENARIOS, storesName, withoutKey } from "./options.mjs";

const parse = (text: string, env = {}) => {
  const options = parseOptions(text.split(" ").filter(Boolean), env);
  if ("help" in options) throw new Error("that is the help");
  return options;
};

describe("the bench's options", () => {
  it("start this hub and run everything unless a target is given", () => {
    expect(parse("")).toMatchObject({ target: null, scenarios: SCENARIOS });
  });

  it("name a hub that runs, and leave out what needs one that can be stopped", () => {
    const options = parse(
      "--target https://hub.example/api --adapter convoy --project p1 --process convoy=12 --process redis=13",
      { BENCH_KEY: "secret" },
    );
    expect(options.scenarios).toEqual(["limits", "throughput", "latency"]);
    expect(options.target).toMatchObject({
      adapter: "convoy",
      key: "secret",
      project: "p1",
      receiversHost: "127.0.0.1",
      processes: { convoy: 12, redis: 13 },
    });
  });

  it("split the hub on PostgreSQL, whoever runs that", () => {
    expect(parse("")).toMatchObject({ workers: 0 });
    expect(parse("--workers 3 --store postgres")).toMatchObject({ workers: 3, store: "postgres" });
    expect(parse("--workers 2 --database postgres://a/b")).toMatchObject({ workers: 2, store: "postgres" });
  });

  it("say how large a backlog is, what it is compared with, and what comes while it drains", () => {
    expect(parse("")).toMatchObject({ pending: 1_000_000, small: 30_000, drainRate: 50 });
    expect(parse("--pending 5000000 --small 10000 --drain-rate 0")).toMatchObject({
      pending: 5_000_000,
      small: 10_000,
      drainRate: 0,
    });
  });

  it("spread the load over stores, of which a scenario's name says more than one", () => {
    expect([parse(""), parse("--stores 10")].map(storesName)).toEqual(["", ", 10 stores"]);
  });

  it("say how long memory is watched, and under what load", () => {
    expect(parse("")).toMatchObject({ minutes: 2, share: 0.7 });
    expect(parse("--minutes 30 --share 0.5")).toMatchObject({ minutes: 30, share: 0.5 });
  });

  it("hold a snapshot open on PostgreSQL", () => {
    expect(parse("")).toMatchObject({ snapshot: false });
    expect(parse("--snapshot --store postgres")).toMatchObject({ snapshot: true });
  });

  it("are written down without the key", () => {
    const options = parse("--target http://hub.example --adapter svix --key secret");
    expect(JSON.stringify(withoutKey(options))).toContain("hub.example");
    expect(JSON.stringify(withoutKey(options))).not.toContain("secret");
  });

  it.each([
    ["--adapter svix", "--target"],
    ["--target http://a --adapter nobody --key k", "choose from ticketrail, svix, convoy, outpost"],
    ["--target http://a --key k", "choose from"],
    ["--target ftp://a --adapter svix --key k", "http or https"],
    ["--target http://a --adapter svix", "BENCH_KEY"],
    ["--target http://a --adapter convoy --key k", "--project"],
    ["--target http://a --adapter svix --key k --only backlog", "limits, throughput, latency"],
    ["--target http://a --adapter svix --key k --process redis", "NAME=PID"],
    ["--target http://a --adapter svix --key k --process receivers=12", "of the bench's own"],
    ["--small few", "whole number"],
    ["--drain-rate=-1", "whole number"],
    ["--snapshot", "--store postgres or --database"],
    ["--share 1.1", "at most 1"],
    ["--share 0", "above 0"],
    ["--stores 0", "at least one"],
    ["--workers 2", "--store postgres or --database"],
    ["--workers two --store postgres", "whole number"],
    ["--workers 2 --store postgres --target http://a --adapter svix --key k", "not with --target"],
  ])("%s is refused with what is wrong", (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
});
