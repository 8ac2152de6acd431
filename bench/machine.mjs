import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** What the figures were measured on. @param {string} folder where the store will stand */
export function describeMachine(folder) {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
    filesystem: filesystemOf(folder),
    at: new Date().toISOString(),
  };
}

/** @param {string} folder */
function filesystemOf(folder) {
  try {
    const [, line = ""] = execFileSync("df", ["--output=fstype,source", folder], { encoding: "utf8" }).split(
      "\n",
    );
    return line.trim().replace(/\s+/, " on ");
  } catch {
    return "unknown";
  }
}

/** Linux counts processor time in hundredths of a second, whatever its kernel's tick. */
const TICK_MICROS = 10_000;

/**
 * Processor time of a process and of those it started, in µs, ended ones included. Throws when the process itself has
 * ended.
 * @param {number} pid
 */
export function cpuMicros(pid) {
  for (;;) {
    const { endedTicks } = statOf(pid);
    const ticks = familyOf(pid).reduce((sum, member) => sum + ticksOf(member), 0);
    // A child that ended in between (a server's connection) was counted as alive, as ended, or not at all.
    if (statOf(pid).endedTicks === endedTicks) return ticks * TICK_MICROS;
  }
}

/** Its own and those of its children that ended; 0 when it has ended meanwhile. @param {number} pid */
function ticksOf(pid) {
  try {
    const { ticks, endedTicks } = statOf(pid);
    return ticks + endedTicks;
  } catch {
    return 0;
  }
}

/** What all cores together have idled since the machine started, waiting for its disks included, in µs. */
export const idleMicros = () => parseIdle(readFileSync("/proc/stat", "utf8")) * TICK_MICROS;

/** Ticks in `/proc/stat`. @param {string} text */
export function parseIdle(text) {
  const [, , , , idle, waiting] = text.slice(0, text.indexOf("\n")).split(/ +/);
  return Number(idle) + Number(waiting);
}

/** Resident memory of a process and of those it started, in MB. @param {number} pid */
export function residentMb(pid) {
  let kilobytes = 0;
  for (const member of familyOf(pid)) kilobytes += residentKilobytes(member);
  return kilobytes / 1024;
}

/** @param {number} pid */
function residentKilobytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

/** @param {number} pid */
const statOf = (pid) => parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));

/**
 * A line of `/proc/PID/stat`: `ticks` are the process's own, `endedTicks` those of children that have ended and been
 * waited for; user and system together.
 * @param {string} text
 */
export function parseStat(text) {
  // The second field is the command in brackets, which may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const sum = (/** @type {number} */ at) => Number(fields[at]) + Number(fields[at + 1]);
  return { parent: Number(fields[1]), ticks: sum(11), endedTicks: sum(13) };
}

/** @param {number} root */
function familyOf(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { parent } = statOf(Number(name));
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const family = [root];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}
