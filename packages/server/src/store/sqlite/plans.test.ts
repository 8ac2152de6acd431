import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { World } from "../conformance/world.ts";
import { Db } from "./db.ts";
import { openSqlite } from "./index.ts";

/** Every statement that the drivers of this process have prepared. */
function recordStatements(): { readonly seen: Set<string>; stop(): void } {
  const seen = new Set<string>();
  const prototype = Object.getPrototypeOf(new Database(":memory:")) as { prepare(sql: string): unknown };
  const { prepare } = prototype;
  prototype.prepare = function (sql: string) {
    seen.add(sql);
    return prepare.call(this, sql);
  };
  return {
    seen,
    stop: () => {
      prototype.prepare = prepare;
    },
  };
}

describe("the statements that every event takes", () => {
  it("never scan a table, so that their cost does not grow with what is stored", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ticketrail-plans-"));
    const path = join(folder, "hub.db");
    const driver = await openSqlite({ path });
    const world = new World({ driver, reopen: async () => driver, close: () => driver.close() });
    const store = await world.store();
    const endpoint = await world.endpoint(store);
    const { seen, stop } = recordStatements();
    try {
      const id = await world.publishOne(store, endpoint, { limit: 5 });
      await world.queue(store, endpoint, { limit: 5 });
      await world.claim(store, [endpoint], { limit: 5 });
      await world.settle(id, endpoint);
      await driver.dueLanes({ now: 0, ahead: true, holder: null, among: null });
      await driver.releaseDeliveries({ token: "lease_b", deliveryIds: [id] });
      await driver.extendLease({ token: "lease_b", until: 0 });
      await driver.recoverLeases({ now: 0, everything: true });
      await driver.cancelDeliveries({ now: 0, limit: 5 });
      await driver.prune({ now: 0, settledBefore: 1e15, deadLettersBefore: 1e15, limit: 5 });
    } finally {
      stop();
      await driver.close();
    }
    const db = new Db(path, 0);
    const scans = [...seen].flatMap((sql) =>
      db
        .rows<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...nulls(sql))
        .filter(({ detail }) => /^SCAN (?!\w+ VIRTUAL|CONSTANT|sequences|lanes)/.test(detail))
        .filter(
          ({ detail }) =>
            !/USING (COVERING )?INDEX (deliveries_(leased|queue)|endpoints_draining)/.test(detail),
        )
        .map(({ detail }) => `${detail}: ${sql}`),
    );
    db.close();
    rmSync(folder, { recursive: true });
    expect(seen.size).toBeGreaterThan(20);
    expect(scans).toEqual([]);
  });
});

const nulls = (sql: string): null[] => {
  const numbered = [...sql.matchAll(/\?(\d+)/g)].map(([, index]) => Number(index));
  const count = numbered.length > 0 ? Math.max(...numbered) : (sql.match(/\?/g)?.length ?? 0);
  return Array<null>(count).fill(null);
};
