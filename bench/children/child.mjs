/** Monotonic microseconds; on one machine the same clock in every process. */
export const nowMicros = () => Number(process.hrtime.bigint()) / 1000;

/**
 * The far side of `processes.mjs`: answers the parent's calls by name, and ends with it.
 * @param {Record<string, (input: any) => any>} calls
 */
export function serve(calls) {
  process.on("message", async (/** @type {{id: number, name: string, input: any}} */ message) => {
    try {
      process.send?.({ id: message.id, result: await calls[message.name](message.input) });
    } catch (error) {
      process.send?.({
        id: message.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  });
  process.on("disconnect", () => process.exit(0));
}
