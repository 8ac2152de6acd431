import { median, spread } from "./stats.mjs";

export const RECEIVERS = "receivers";
export const LOAD = "load generator";
/** A server that the bench started, its connections' processes included. */
export const POSTGRES = "PostgreSQL server";
/** What the bench starts beside the hub; the others are the hub's. */
export const OWN = new Set([RECEIVERS, LOAD, POSTGRES]);

/**
 * @typedef {{deliveredPerSecond: number, micros: Record<string, number>, idleMicros: number}} Window
 *   `micros` by process, and what all cores idled, both for one delivery
 */

/** The hub's own processor time for one delivery, in µs; undefined when none of its processes is known. @param {readonly Window[]} windows */
export function hubMicrosOf(windows) {
  const sums = windows.map(({ micros }) => Object.entries(micros).filter(([name]) => !OWN.has(name)));
  if (sums.every((entries) => entries.length === 0)) return undefined;
  return median(sums.map((entries) => entries.reduce((sum, [, value]) => sum + value, 0)));
}

/**
 * Where the machine's time goes: what each process takes of it for one delivery, beside all that its cores have in the
 * time one delivery takes; then what others take (other processes, the kernel's own threads, other machines on the same
 * hardware), and what nobody does.
 * @param {string} scenario @param {readonly Window[]} windows @param {number} cores
 * @returns {import("./report.mjs").Row[]}
 */
export function processorRows(scenario, windows, cores) {
  const available = windows.map((window) => (cores * 1e6) / window.deliveredPerSecond);
  const limit = { name: "all cores", value: median(available) };
  const row = (/** @type {string} */ name, /** @type {number[]} */ values) => {
    const { median: value, low, high } = spread(values);
    return { scenario, figure: `processor: ${name}`, value, low, high, unit: "µs/delivery", limit };
  };
  const names = Object.keys(windows[0]?.micros ?? {});
  const others = windows.map(({ micros, idleMicros }, index) =>
    Object.values(micros).reduce((left, value) => left - value, available[index] - idleMicros),
  );
  return [
    ...names.map((name) =>
      row(
        name,
        windows.map((window) => window.micros[name]),
      ),
    ),
    row("others", others),
    row(
      "idle",
      windows.map((window) => window.idleMicros),
    ),
  ];
}
