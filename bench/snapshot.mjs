import pg from "pg";

/**
 * What a forgotten transaction or a long report does to PostgreSQL: as long as its snapshot is open, no row that was
 * deleted since can be removed.
 */
export const snapshotName = (/** @type {{snapshot: boolean}} */ options) =>
  options.snapshot ? ", a snapshot held open" : "";

/**
 * Holds a snapshot open in a session of its own while the work lasts. Throws when it was lost before the work's end,
 * since the figures would then be those of something else.
 * @template Result @param {string} url of the database @param {() => Promise<Result>} work @returns {Promise<Result>}
 */
export async function underSnapshot(url, work) {
  const session = new pg.Client({ connectionString: url });
  // A session that breaks is noticed at the end, when it cannot commit.
  session.on("error", () => undefined);
  try {
    await session.connect();
    await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await session.query("SELECT count(*) FROM stores");
    const result = await work();
    await session.query("COMMIT").catch((cause) => {
      throw new Error("the snapshot was lost before the run's end", { cause });
    });
    return result;
  } finally {
    await session.end().catch(() => undefined);
  }
}
