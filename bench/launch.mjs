import { randomBytes } from "node:crypto";
import { ticketrail } from "./adapters/ticketrail.mjs";
import { hubProcess } from "./hub-process.mjs";

/** Starts this hub with a fresh store, and drives it through its adapter. */
const adminKey = randomBytes(24).toString("hex");
const secretKey = randomBytes(32).toString("hex");

/**
 * The hub's processes by name: one that does everything, or one that accepts and others that send.
 * @param {number} workers 0: one process in all
 * @returns {{name: string, role: "all" | "api" | "worker"}[]} the first has the API
 */
export function hubParts(workers) {
  if (workers === 0) return [{ name: "hub", role: "all" }];
  const sending = Array.from({ length: workers }, (_, index) => ({
    name: `worker ${index + 1}`,
    role: /** @type {const} */ ("worker"),
  }));
  return [{ name: "api", role: "api" }, ...sending];
}

/** @param {{folder: string, databaseUrl: string, workers: number, undo: (step: () => unknown) => void}} options */
export async function startHub({ folder, databaseUrl, workers, undo }) {
  const parts = await Promise.all(
    hubParts(workers).map(({ name, role }) =>
      hubProcess({
        name,
        folder,
        environment: {
          DATABASE_URL: databaseUrl,
          TICKETRAIL_ROLE: role,
          TICKETRAIL_ADMIN_KEY: adminKey,
          TICKETRAIL_SECRET_KEY: secretKey,
          TICKETRAIL_ALLOW_NETWORKS: "127.0.0.0/8",
        },
      }),
    ),
  );
  const [{ url }] = parts;
  const stop = async () => void (await Promise.all(parts.map((part) => part.stop())));

  /** All at once, as a machine that boots does. Resolves when every one is ready; says after how many ms. */
  async function launch() {
    const startedAt = performance.now();
    await Promise.all(parts.map((part) => part.start()));
    return performance.now() - startedAt;
  }

  undo(stop);
  await launch();
  return {
    url: new URL(url),
    /** Its processes on this machine, by name. @returns {Record<string, number>} */
    get processes() {
      return Object.fromEntries(parts.map(({ name, pid }) => [name, pid]));
    },
    stop,
    /** All of it. Says after how many ms all of it was ready. */
    async restart() {
      await stop();
      return launch();
    },
    ...ticketrail({ base: new URL(url), key: adminKey }),
  };
}
/** @typedef {Awaited<ReturnType<typeof startHub>>} Hub */
