import { cpuMicros, residentMb } from "./machine.mjs";

/** What processes of this machine take together, and each. */

/** @typedef {{mb: number, each: Record<string, number>}} Memory resident, in MB: the sum, and by process */

/** Processor time so far, in µs; 0 when none is known. @param {Record<string, number>} processes ids by name */
export const sumCpuMicros = (processes) =>
  Object.values(processes).reduce((sum, pid) => sum + cpuMicros(pid), 0);

/** @param {Record<string, number>} processes ids by name @returns {Memory} */
export const memoryOf = (processes) =>
  memorySum(Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, residentMb(pid)])));

/** @param {Record<string, number>} each @returns {Memory} */
export const memorySum = (each) => ({
  mb: Object.values(each).reduce((sum, mb) => sum + mb, 0),
  each,
});

/** Each process's part, for a note: what follows `says`. Nothing where there is one process. @param {Memory} memory @param {string} says */
export function eachNote({ each }, says = "") {
  const parts = Object.entries(each).map(([name, mb]) => `${name} ${mb.toFixed(0)}`);
  return parts.length < 2 ? "" : `${says}${parts.join(", ")}`;
}
