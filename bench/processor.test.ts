import { describe, expect, it } from "vitest";
import { parseIdle, parseStat } from "./machine.mjs";
import { hubMicrosOf, processorRows } from "./processor.mjs";

describe("processor time", () => {
  it("is read from a process's line, whatever its command is called", () => {
    const line = "42 (a) b) S 7 42 42 0 -1 4194304 1 0 0 0 11 5 300 20 20 0 9 0 100 1 2\n";
    expect(parseStat(line)).toEqual({ parent: 7, ticks: 16, endedTicks: 320 });
  });

  it("that nobody used is read from the machine's first line", () => {
    expect(parseIdle("cpu  1 2 3 400 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n")).toBe(450);
  });

  const windows = [
    {
      deliveredPerSecond: 10_000,
      micros: { hub: 100, database: 20, receivers: 15, "load generator": 25 },
      idleMicros: 30,
    },
    {
      deliveredPerSecond: 8_000,
      micros: { hub: 120, database: 30, receivers: 15, "load generator": 25 },
      idleMicros: 30,
    },
    {
      deliveredPerSecond: 12_500,
      micros: { hub: 80, database: 20, receivers: 15, "load generator": 25 },
      idleMicros: 30,
    },
  ];

  it("of the hub is that of all its processes", () => {
    expect(hubMicrosOf(windows)).toBe(120);
    expect(
      hubMicrosOf([{ deliveredPerSecond: 1, micros: { receivers: 15 }, idleMicros: 0 }]),
    ).toBeUndefined();
  });

  it("of the hub is without that of a server which the bench started, wherever its row stands", () => {
    const micros = { api: 60, "worker 1": 40, "PostgreSQL server": 90, receivers: 15 };
    const window = { deliveredPerSecond: 8_000, micros, idleMicros: 0 };
    expect(hubMicrosOf([window])).toBe(100);
    expect(processorRows("s", [window], 2).map((row) => row.figure)).toContain(
      "processor: PostgreSQL server",
    );
  });

  it("stands beside all that the cores have in the time of one delivery, with what is left", () => {
    const rows = processorRows("s", windows, 2).map((row) => [row.figure, row.value, row.limit?.value]);
    expect(rows).toEqual([
      ["processor: hub", 100, 200],
      ["processor: database", 20, 200],
      ["processor: receivers", 15, 200],
      ["processor: load generator", 25, 200],
      ["processor: others", 10, 200],
      ["processor: idle", 30, 200],
    ]);
  });
});
