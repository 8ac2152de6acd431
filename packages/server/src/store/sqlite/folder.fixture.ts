import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Opened } from "../conformance/world.ts";
import type { StoreDriver } from "../driver.ts";

/** A driver in a folder of its own. What is on the disk at a moment is what a process finds that starts after a kill. */
export async function folderOf(openAt: (path: string) => Promise<StoreDriver>): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), "ticketrail-store-"));
  const drivers: StoreDriver[] = [];
  const start = async () => {
    const driver = await openAt(join(folder, String(drivers.length), "hub.db"));
    drivers.push(driver);
    return driver;
  };
  return {
    driver: await start(),
    reopen: async () => {
      const filter = (source: string) => !source.endsWith(".lock") && !source.endsWith("-shm");
      const [from, to] = [drivers.length - 1, drivers.length].map((round) => join(folder, String(round)));
      await cp(from ?? "", to ?? "", { recursive: true, filter });
      return start();
    },
    close: async () => {
      for (const driver of drivers) await driver.close();
      await rm(folder, { recursive: true });
    },
  };
}
