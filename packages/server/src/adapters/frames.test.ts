import { describe, expect, it } from "vitest";
import { Frames, frame } from "./frames.ts";
import { seededRandom } from "./random.ts";
import { createVault } from "./vault.ts";

const VALUES = [
  { kind: "state", pressed: false, ended: 0 },
  { kind: "offer", deliveries: ["del_1", null, 7, "née 漢字 🍕\n\u0000", "x".repeat(100_000)] },
  { kind: "offer", deliveries: [] },
];

describe("frames", () => {
  it("come out as they went in, however the stream cuts them", () => {
    const stream = Buffer.concat(VALUES.flatMap(frame));
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(createVault(new Uint8Array(32)), `cut ${seed}`);
      const frames = new Frames();
      const values: unknown[] = [];
      for (let at = 0; at < stream.length; ) {
        const [a = 0, b = 0, c = 0] = random.bytes(3);
        // Mostly small pieces, now and then a large one.
        const size = 1 + (a < 200 ? b % 8 : b * 256 + c);
        values.push(...frames.push(stream.subarray(at, at + size)));
        at += size;
      }
      expect(values).toEqual(VALUES);
    }
  });

  it("are refused where what has come is none", () => {
    expect(() => new Frames().push(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toThrow("A frame of");
    const garbage = Buffer.from([3, 0, 0, 0, 1, 2, 3]);
    expect(() => new Frames().push(garbage)).toThrow();
  });
});
