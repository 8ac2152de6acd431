import { describe, expect, it } from "vitest";
import { hubParts } from "./launch.mjs";

describe("the hub that the bench starts", () => {
  it("is one process that does everything, unless it is split", () => {
    expect(hubParts(0)).toEqual([{ name: "hub", role: "all" }]);
  });

  it("is split into one process that accepts, which comes first, and those that send", () => {
    expect(hubParts(2)).toEqual([
      { name: "api", role: "api" },
      { name: "worker 1", role: "worker" },
      { name: "worker 2", role: "worker" },
    ]);
  });
});
