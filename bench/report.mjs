/**
 * @typedef {object} Row
 * @property {string} scenario
 * @property {string} figure what was measured
 * @property {number} value the median of the windows
 * @property {number} [low] of the windows
 * @property {number} [high]
 * @property {string} unit
 * @property {number} [hubMicros] processor time of the hub for one delivery (ingest: for one request), in µs
 * @property {{name: string, value: number}} [limit] the machine's own, or the same without the fault, in this run
 * @property {string} [note]
 */

/** A whole number from 100 on, else three digits. @param {number} value */
export function figure(value) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

const HEAD = ["scenario", "figure", "median", "min – max", "unit", "hub µs", "beside", "limit", "of it"];
/** Flush left; the others are numbers. */
const TEXT_COLUMNS = new Set([0, 1, 4, 6]);

/** @param {readonly Row[]} rows */
export function table(rows) {
  const cells = rows.map((row, index) => [
    row.scenario === rows[index - 1]?.scenario ? "" : row.scenario,
    row.figure,
    figure(row.value),
    row.low === undefined || row.high === undefined ? "" : `${figure(row.low)} – ${figure(row.high)}`,
    row.unit,
    row.hubMicros === undefined ? "" : figure(row.hubMicros),
    row.limit?.name ?? "",
    row.limit === undefined ? "" : figure(row.limit.value),
    row.limit === undefined ? "" : shareOf(row.value / row.limit.value),
  ]);
  const all = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) =>
    row
      .map((cell, column) =>
        TEXT_COLUMNS.has(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd();
  return [line(HEAD), widths.map((width) => "─".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

/** What is to be said of single figures, below the table. @param {readonly Row[]} rows */
export const notes = (rows) =>
  rows
    .flatMap(({ scenario, figure: name, note }) => (note ? [`${scenario}: ${name}: ${note}`] : []))
    .join("\n");

/** @param {number} share */
function shareOf(share) {
  if (!Number.isFinite(share)) return "–";
  return share < 2 ? `${(share * 100).toFixed(0)} %` : `${share.toFixed(1)} ×`;
}

/** @param {Record<string, unknown>} machine */
export const machineLine = (machine) =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, Node ${machine.node}, Linux ${machine.kernel}, ${machine.filesystem}`;
