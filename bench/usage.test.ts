import { describe, expect, it } from "vitest";
import { eachNote, memorySum } from "./usage.mjs";

describe("what several processes take", () => {
  it("is their sum, and each in the note", () => {
    const memory = memorySum({ api: 120.4, "worker 1": 200.2 });
    expect(memory.mb).toBeCloseTo(320.6);
    expect(eachNote(memory, "; ")).toBe("; api 120, worker 1 200");
  });

  it("is not said twice of one process", () => {
    expect(eachNote(memorySum({ hub: 120 }), "; ")).toBe("");
  });
});
