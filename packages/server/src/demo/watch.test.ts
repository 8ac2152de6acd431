import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "./hub.ts";
import { Screen } from "./screen.ts";
import { type DeliveryRow, Watch } from "./watch.ts";

const store = { id: "store_1", name: "Pizza Havn", account: "pizza-havn", contracts: [], keys: new Map() };

const attempt = (number: number, statusCode: number) => ({
  number,
  at: "2026-03-15T14:32:11.000Z",
  statusCode,
  error: statusCode === 200 ? null : "http_status",
  durationMs: 12.3,
});

const delivery = (status: DeliveryRow["status"], attempts: DeliveryRow["attempts"]): DeliveryRow => ({
  id: "del_1",
  eventId: "evt_1",
  eventType: "order.created",
  endpointId: "wh_1",
  storeId: store.id,
  contract: "ordeliya",
  status,
  cause: "queued",
  nextAttemptAt: null,
  createdAt: "2026-03-15T14:32:10.000Z",
  attempts,
});

/** A hub that shows one delivery, one state after the other, and stays with the last. */
function hubShowing(...states: readonly DeliveryRow[]): Client {
  let looks = 0;
  const get = async (path: string) => {
    if (!path.startsWith("/v1/deliveries?")) throw new Error(`unexpected ${path}`);
    const state = states[Math.min(looks++, states.length - 1)];
    if (state === undefined) throw new Error("the hub is gone");
    return { data: [state], nextCursor: null };
  };
  return { get } as unknown as Client;
}

const watches: Watch[] = [];
function watching(client: Client): { watch: Watch; lines: string[] } {
  const lines: string[] = [];
  const screen = new Screen({ write: (text) => lines.push(text.trimEnd()) });
  const watch = new Watch(client, screen, [store]);
  watches.push(watch);
  watch.start();
  return { watch, lines };
}
const never = new AbortController().signal;

afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop().catch(() => null);
});

describe("the demo's watch", () => {
  it("has seen what was there when its latest look began, and not yet what came while it looked", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const get = async () => {
      await held;
      return { data: [delivery("delivered", [attempt(1, 200)])], nextCursor: null };
    };
    const { watch } = watching({ get } as unknown as Client);
    expect(watch.asOf).toBe(0);
    const releasedAt = Date.now();
    release();
    expect(await watch.until(() => watch.seen.size === 1, 5_000, never)).toBe(true);
    expect(watch.asOf).toBeGreaterThan(0);
    expect(watch.asOf).toBeLessThanOrEqual(releasedAt);
  });

  it("prints each attempt once, and says when a condition has come true", async () => {
    const first = attempt(1, 503);
    const client = hubShowing(
      delivery("pending", []),
      delivery("retrying", [first]),
      delivery("retrying", [first]),
      delivery("delivered", [first, attempt(2, 200)]),
    );
    const { watch, lines } = watching(client);
    expect(await watch.until(() => watch.rows("delivered").length === 1, 5_000, never)).toBe(true);
    expect(lines.map((line) => line.slice(14))).toEqual([
      "Pizza Havn     ordeliya  order.created         #1  503 http_status → will retry",
      "Pizza Havn     ordeliya  order.created         #2  200 delivered, 12 ms",
    ]);
  });

  it("marks the last attempt of a dead letter alone", async () => {
    const { watch, lines } = watching(
      hubShowing(delivery("dead_letter", [attempt(1, 500), attempt(2, 500)])),
    );
    await watch.until(() => watch.rows("dead_letter").length === 1, 5_000, never);
    expect(lines.map((line) => line.endsWith("→ dead letter"))).toEqual([false, true]);
  });

  it("hands the hub's failure on to whoever waits", async () => {
    const { watch } = watching(hubShowing());
    await expect(watch.until(() => false, 5_000, never)).rejects.toThrow("the hub is gone");
  });

  it("gives up when its time is over or the demo is ended", async () => {
    const { watch } = watching(hubShowing(delivery("pending", [])));
    expect(await watch.until(() => false, 10, never)).toBe(false);
    expect(await watch.until(() => false, 5_000, AbortSignal.abort())).toBe(false);
  });
});
